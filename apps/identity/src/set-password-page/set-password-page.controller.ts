import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '#libs/auth/src/access.js';
import { OutsideApi } from '#libs/http/src/outside-api.js';
import { pageLanguage } from '#libs/http/src/page-language.js';
import { script, style } from './page-assets.js';
import { setPasswordPage } from './set-password-page.js';

/** Nothing but this page's own script and style, and no frame around it. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page behind a one-time link. The token stands in the fragment, which no server and no log ever sees. */
@OutsideApi(true)
@ApiExcludeController()
@Controller('set-password')
export class SetPasswordPageController {
  @Get()
  @Public()
  page(@Headers('accept-language') wanted: string | undefined, @Res() reply: FastifyReply): void {
    const language = pageLanguage(wanted);
    void reply.header('Content-Language', language).header('Vary', 'Accept-Language');
    send(reply, 'text/html; charset=utf-8', setPasswordPage(language));
  }

  @Get('page.js')
  @Public()
  script(@Res() reply: FastifyReply): void {
    send(reply, 'text/javascript; charset=utf-8', script);
  }

  @Get('page.css')
  @Public()
  style(@Res() reply: FastifyReply): void {
    send(reply, 'text/css; charset=utf-8', style);
  }
}

function send(reply: FastifyReply, type: string, body: string): void {
  void reply
    .type(type)
    .header('Cache-Control', 'no-store')
    .header('Referrer-Policy', 'no-referrer')
    .header('X-Robots-Tag', 'noindex')
    .header('Content-Security-Policy', policy)
    .send(body);
}
