import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiGoneResponse, ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { Public } from '#libs/auth/src/access.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { Context } from '#libs/http/src/command-context.js';
import { OutsideApi } from '#libs/http/src/outside-api.js';
import { CredentialLinks, InitialCredential } from '../credentials/credential-links.js';

class RedeemCredentialDto {
  @ApiProperty({ description: 'What stands behind # in the link.' })
  @IsString()
  @Length(1, 200)
  token: string;
}

// The page lives at /credentials, which takes this path out of the API's prefix; so it is written out here.
@OutsideApi(true)
@ApiTags('Credentials')
@Controller('api/credentials')
export class RedeemCredentialController {
  constructor(private readonly links: CredentialLinks) {}

  @Post('redeem')
  @HttpCode(200)
  @Public()
  @ApiOperation({ summary: 'See an initial password', description: 'Works once; then every link to it is used up.' })
  @ApiOkResponse({ type: InitialCredential })
  @ApiGoneResponse({ description: 'The link was used, has expired or never existed.' })
  async redeem(
    @Body() { token }: RedeemCredentialDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<InitialCredential> {
    void reply.header('Cache-Control', 'no-store');
    return this.links.redeem(token, context);
  }
}
