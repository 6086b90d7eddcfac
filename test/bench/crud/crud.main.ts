/** The baseline for commands: a plain NestJS service that keeps contracts in a table. */
import 'reflect-metadata';
import { Module, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '#libs/auth/src/auth.module.js';
import { catalogueProvider } from '#libs/catalogue/src/catalogue.provider.js';
import { readEnv, url } from '#libs/http/src/env.js';
import { Contract } from './contract.entity.js';
import { ContractsController } from './contracts.controller.js';

const { DATABASE_URL } = readEnv({ DATABASE_URL: url() });

@Module({
  imports: [
    AuthModule,
    TypeOrmModule.forRoot({ type: 'postgres', url: DATABASE_URL, entities: [Contract], synchronize: true }),
    TypeOrmModule.forFeature([Contract]),
  ],
  controllers: [ContractsController],
  providers: [catalogueProvider],
})
class CrudModule {}

const app = await NestFactory.create<NestFastifyApplication>(CrudModule, new FastifyAdapter(), { logger: ['error'] });
app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address() as { port: number };
process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`);
