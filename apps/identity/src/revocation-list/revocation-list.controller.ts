import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Public } from '#libs/auth/src/access.js';
import { accessTokenLifetimeSeconds } from '#libs/auth/src/access-token.js';
import { hashOfSubject, type PublishedRevocations, type RevokedSubject } from '#libs/auth/src/revocation.js';
import { RevocationRow } from './revocation-list.entity.js';
import { revocationListProjection } from './revocation-list.projection.js';

/** A token that was made just before the revocation, and clocks that do not agree. */
const shownSeconds = accessTokenLifetimeSeconds + 300;

class RevokedTokens {
  @ApiProperty({ description: 'SHA-256 of "session:<id>", "user:<id>" or "api-key:<id>", in base64url.' })
  readonly subject: string;

  @ApiPropertyOptional({ description: 'Tokens of older revisions of the user only; absent: all of them.' })
  readonly beforeRevision?: number;
}

class RevocationList implements PublishedRevocations {
  @ApiProperty({ description: 'Position in the log up to which these are all; "-1" for its beginning.' })
  readonly position: string;

  @ApiProperty({ type: [RevokedTokens] }) readonly revoked: readonly RevokedTokens[];
}

@ApiTags('Auth')
@Controller('auth')
export class RevocationListController {
  private reading: Promise<RevocationList> | undefined;

  constructor(@InjectRepository(RevocationRow, 'identity') private readonly rows: Repository<RevocationRow>) {}

  @Get('.well-known/revocations.json')
  @Header('Cache-Control', 'no-store')
  @Public()
  @ApiOperation({
    summary: 'Read which access tokens were revoked lately',
    description:
      'Whoever checks access tokens reads it once, and follows the log from there. Older revocations concern tokens ' +
      'that have expired.',
  })
  @ApiOkResponse({ type: RevocationList })
  list(): Promise<RevocationList> {
    // Nobody is refused here, so callers that come together get one answer.
    return (this.reading ??= this.read().finally(() => (this.reading = undefined)));
  }

  private async read(): Promise<RevocationList> {
    // First the position, then the rows: they may tell more than the position does, and never less.
    const [checkpoint] = await this.rows.query<{ position: string }[]>(
      'select position from consumer_checkpoints where projection = $1 and live',
      [revocationListProjection.name],
    );
    const rows = await this.rows
      .createQueryBuilder('revocation')
      .where(`revocation.revokedAt > now() - make_interval(secs => :shownSeconds)`, { shownSeconds })
      .orderBy('revocation.revokedAt')
      .getMany();
    return {
      position: checkpoint?.position ?? '-1',
      revoked: rows.map(({ id, beforeRevision }) => ({
        subject: hashOfSubject(id as RevokedSubject),
        ...(beforeRevision !== null && { beforeRevision }),
      })),
    };
  }
}
