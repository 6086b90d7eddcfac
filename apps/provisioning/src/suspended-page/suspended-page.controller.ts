import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '#libs/auth/src/access.js';
import { OutsideApi } from '#libs/http/src/outside-api.js';
import { pageLanguage } from '#libs/http/src/page-language.js';
import { suspendedPage, suspendedPagePolicy } from './suspended-page.js';

/** The ingress of a suspended environment leads here, whatever was asked for. */
@OutsideApi(true)
@ApiExcludeController()
@Controller('suspended')
export class SuspendedPageController {
  @Get()
  @Public()
  page(@Headers('accept-language') wanted: string | undefined, @Res() reply: FastifyReply): void {
    const language = pageLanguage(wanted);
    void reply
      .status(503)
      .type('text/html; charset=utf-8')
      .header('Content-Language', language)
      .header('Vary', 'Accept-Language')
      .header('Cache-Control', 'no-store')
      .header('X-Robots-Tag', 'noindex')
      .header('Content-Security-Policy', suspendedPagePolicy)
      .send(suspendedPage(language));
  }
}
