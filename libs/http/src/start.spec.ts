import 'reflect-metadata';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module, type OnModuleInit } from '@nestjs/common';
import { expect, it, onTestFinished } from 'vitest';
import { createApp, listen, StartError } from './bootstrap.js';

@Controller('hello')
class HelloController {
  @Get()
  hello() {
    return { hello: 'world' };
  }
}

@Module({ controllers: [HelloController] })
class HelloModule {}

@Module({})
class BrokenModule implements OnModuleInit {
  onModuleInit() {
    throw new Error('the database is missing');
  }
}

const options = { name: 'start', logger: { level: 'silent' } } as const;

it('listens on a free port and says which', async () => {
  const app = await createApp(HelloModule, options);
  onTestFinished(() => app.close());
  const port = await listen(app, 0);
  const response = await fetch(`http://127.0.0.1:${port}/api/hello`);
  expect(await response.json()).toEqual({ hello: 'world' });
});

it('says in one line that a port is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const app = await createApp(HelloModule, options);
  await expect(listen(app, port)).rejects.toThrow(
    new StartError(`Port ${port} is in use. Stop the other program or set PORT to a free port.`),
  );
});

it('hands on the error of a module that does not start', async () => {
  const app = await createApp(BrokenModule, options);
  onTestFinished(() => app.close());
  await expect(listen(app, 0)).rejects.toThrow('the database is missing');
});
