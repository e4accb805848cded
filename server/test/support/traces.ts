import { type Receiver, startReceiver } from './receivers.ts';

/** A span as OTLP has it in JSON. */
export interface Span {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  status: { code?: number };
  attributes: { key: string; value: { stringValue?: string; intValue?: number } }[];
}

/** A receiver of OTLP over HTTP that keeps the spans. */
export async function startCollector() {
  const receiver: Receiver = await startReceiver((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  const texts = () => receiver.received.map(({ body }) => body.toString());
  const spans = (): Span[] =>
    texts().flatMap((text) =>
      JSON.parse(text).resourceSpans.flatMap(({ scopeSpans }: { scopeSpans: { spans: Span[] }[] }) =>
        scopeSpans.flatMap((scope) => scope.spans),
      ),
    );
  return { ...receiver, texts, spans };
}

export const attributeOf = ({ attributes }: Span, name: string): string | number | undefined => {
  const value = attributes.find(({ key }) => key === name)?.value;
  return value?.stringValue ?? value?.intValue;
};
