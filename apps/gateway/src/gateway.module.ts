import { Module } from '@nestjs/common';
import { AuthModule } from '#libs/auth/src/auth.module.js';
import { ParkedEventsController } from './parked-events/parked-events.controller.js';
import { ParkedEventsOfServices } from './parked-events/parked-events-of-services.js';
import { ServiceDocuments } from './service-documents.js';
import { Upstreams } from './upstreams.js';

@Module({
  imports: [AuthModule],
  controllers: [ParkedEventsController],
  providers: [ParkedEventsOfServices, ServiceDocuments, Upstreams],
})
export class GatewayModule {}
