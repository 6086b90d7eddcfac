import { Module } from '@nestjs/common';
import { AuthModule } from '#libs/auth/src/auth.module.js';
import { Upstreams } from './upstreams.js';

@Module({ imports: [AuthModule], providers: [Upstreams], exports: [Upstreams] })
export class GatewayModule {}
