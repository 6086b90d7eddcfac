import {
  ApiProperty,
  ApiPropertyOptional,
  DocumentBuilder,
  type OpenAPIObject,
  type SwaggerDocumentOptions,
  SwaggerModule,
} from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

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

/**
 * Swagger UI at `/docs`, the document at `/docs/openapi.json`.
 * @param wider makes of the app's own document the one that is shown, for each request anew
 */
export function serveDocs(
  app: NestFastifyApplication,
  title: string,
  wider?: (own: OpenAPIObject) => Promise<OpenAPIObject>,
): void {
  SwaggerModule.setup('docs', app, () => buildOpenApiDocument(app, title), {
    jsonDocumentUrl: 'docs/openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
    customSiteTitle: title,
    swaggerOptions: { persistAuthorization: false },
    ...(wider && {
      patchDocumentOnRequest: (_request: unknown, _reply: unknown, own: OpenAPIObject) => wider(own),
    }),
  });
}
