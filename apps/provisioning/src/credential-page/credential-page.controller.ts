import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '#libs/auth/src/access.js';
import { OutsideApi } from '#libs/http/src/outside-api.js';
import { credentialPage } from './credential-page.js';
import { script, style } from './page-assets.js';
import { pageLanguage } from '#libs/http/src/page-language.js';
import { sendSecretly } from '#libs/http/src/secret-page.js';

/** The page behind the link in the mail. The token stands in the fragment, which no server and no log ever sees. */
@OutsideApi(true)
@ApiExcludeController()
@Controller('credentials')
export class CredentialPageController {
  @Get()
  @Public()
  page(@Headers('accept-language') wanted: string | undefined, @Res() reply: FastifyReply): void {
    const language = pageLanguage(wanted);
    void reply.header('Content-Language', language).header('Vary', 'Accept-Language');
    sendSecretly(reply, 'text/html; charset=utf-8', credentialPage(language));
  }

  @Get('page.js')
  @Public()
  script(@Res() reply: FastifyReply): void {
    sendSecretly(reply, 'text/javascript; charset=utf-8', script);
  }

  @Get('page.css')
  @Public()
  style(@Res() reply: FastifyReply): void {
    sendSecretly(reply, 'text/css; charset=utf-8', style);
  }
}
