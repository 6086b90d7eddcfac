import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { BaseRpcContext, type CustomTransportStrategy, EventPattern, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createApp } from '#libs/http/src/bootstrap.js';
import { AuthModule } from './auth.module.js';

class SignatureLost extends Error {}

@Controller()
class PoliciesController {
  @EventPattern<string>('handled')
  handle() {
    return 'handled';
  }

  @EventPattern<string>('failed')
  fail() {
    throw new SignatureLost('the store is away');
  }
}

@Module({ imports: [AuthModule], controllers: [PoliciesController] })
class PoliciesModule {}

class DirectTransport extends Server implements CustomTransportStrategy {
  listen(ready: () => void) {
    ready();
  }

  close() {}

  override on(): never {
    throw new Error('unused');
  }

  override unwrap(): never {
    throw new Error('unused');
  }

  async deliver(pattern: string): Promise<unknown> {
    const result: unknown = await this.getHandlerByPattern(pattern)?.({}, new BaseRpcContext([]));
    return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
  }
}

it('lets events of policies pass without a token and hands their errors on as they are', async () => {
  vi.stubEnv('JWKS_URL', 'http://127.0.0.1:1/');
  onTestFinished(() => void vi.unstubAllEnvs());
  const app = await createApp(PoliciesModule, { name: 'policies', logger: { level: 'silent' } });
  onTestFinished(() => app.close());
  const strategy = new DirectTransport();
  app.connectMicroservice({ strategy }, { inheritAppConfig: true });
  await app.startAllMicroservices();
  await app.init();
  expect(await strategy.deliver('handled')).toBe('handled');
  await expect(strategy.deliver('failed')).rejects.toThrow(SignatureLost);
});
