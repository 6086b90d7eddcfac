import { createHash } from 'node:crypto';
import {
  ApiProperty,
  ApiPropertyOptional,
  DocumentBuilder,
  type OpenAPIObject,
  type SwaggerDocumentOptions,
  SwaggerModule,
} from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

const documentPath = '/docs/openapi.json';

class NewestChangeView {
  @ApiProperty() actor: string;
  @ApiProperty({ format: 'date-time' }) at: string;
  @ApiProperty({ example: 'deal.won' }) event: string;
}

/** Shape of every error, for the OpenAPI document. */
export class Problem {
  @ApiProperty({ format: 'uri' }) type: string;
  @ApiProperty() title: string;
  @ApiProperty() status: number;
  @ApiProperty({ description: 'What is wrong with this request and what to do.' }) detail: string;
  @ApiProperty({ description: 'Stable name of the problem.' }) code: string;
  @ApiProperty({ description: 'Path of the request.' }) instance: string;
  @ApiProperty() correlationId: string;
  @ApiPropertyOptional({ description: 'Of a 409 or 412: who made the newest change of what the request is about.' })
  changedBy?: NewestChangeView;
}

/** Every operation answers problem details on errors and, unless it says otherwise, takes a bearer token. */
export function buildOpenApiDocument(
  app: NestFastifyApplication,
  title = 'Keiyaku',
  part: Pick<SwaggerDocumentOptions, 'include' | 'deepScanRoutes'> = {},
): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle(title)
    .setDescription('Errors are problem details (RFC 9457). Send Idempotency-Key to repeat a change safely.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
    .addSecurityRequirements('bearer')
    .addGlobalResponse({
      status: 'default',
      description: 'Any error',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    })
    .build();
  return SwaggerModule.createDocument(app, config, { extraModels: [Problem], ...part });
}

/** However often the document is asked for, those whom it is made of are asked no more often. */
const keptMs = 10_000;

/**
 * Swagger UI at `/docs`, the document at `/docs/openapi.json`.
 * @param wider makes of the app's own document the one that is shown
 */
export function serveDocs(
  app: NestFastifyApplication,
  title: string,
  wider?: (own: OpenAPIObject) => Promise<OpenAPIObject>,
): void {
  const held = new HeldDocument(async (own) => wider?.(own) ?? own, wider ? keptMs : Infinity);
  let own: OpenAPIObject | undefined;
  app
    .getHttpAdapter()
    .getInstance()
    .get(documentPath, async (request, reply) => {
      const { etag, bytes } = await held.of((own ??= buildOpenApiDocument(app, title)));
      void reply.header('ETag', etag).header('Cache-Control', 'no-cache');
      if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send();
      return reply.type('application/json').send(bytes);
    });
  // The page reads the document from there; Nest would write a copy into a script, for each visitor anew.
  const nothing = { openapi: '3.0.0', info: { title, version: '1' }, paths: {} };
  SwaggerModule.setup('docs', app, () => nothing, {
    raw: false,
    customSiteTitle: title,
    swaggerOptions: { persistAuthorization: false, url: documentPath, spec: {} },
  });
}

interface SentDocument {
  readonly etag: string;
  readonly bytes: Buffer;
}

/** A document as it is sent. It is made once at a time, and whoever comes meanwhile waits for the same one. */
class HeldDocument {
  private held: { readonly document: Promise<SentDocument>; readonly until: number } | undefined;

  constructor(
    private readonly make: (own: OpenAPIObject) => Promise<OpenAPIObject>,
    private readonly keptMs: number,
  ) {}

  of(own: OpenAPIObject): Promise<SentDocument> {
    if (this.held && performance.now() < this.held.until) return this.held.document;
    const document = this.make(own).then((made) => {
      const bytes = Buffer.from(JSON.stringify(made));
      return { etag: `"${createHash('sha256').update(bytes).digest('base64url')}"`, bytes };
    });
    this.held = { document, until: performance.now() + this.keptMs };
    document.catch(() => (this.held = undefined));
    return document;
  }
}
