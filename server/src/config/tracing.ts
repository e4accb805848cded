import type { Env } from './values.ts';
import {
  hasCredentials,
  isDecodable,
  isHttp,
  parseUrl,
  readGroup,
  redacted,
  refuseSetting,
  textSetting,
} from './values.ts';

/** The names of the settings are those of OpenTelemetry's specification of environment variables. */
export interface TracingSettings {
  /** Where spans are posted to. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The share of traces that are kept, 0 to 1. */
  readonly sampleRatio: number;
  readonly serviceName: string;
  /** Attributes of OpenTelemetry's resource: this service. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Null without OTEL_EXPORTER_OTLP_ENDPOINT: nothing is traced then. */
export function tracingSettings(env: Env): TracingSettings | null {
  if (textSetting(env, 'OTEL_EXPORTER_OTLP_ENDPOINT') === null) return null;
  return readGroup<TracingSettings>({
    url: () => tracesUrl(env),
    headers: () => pairs(env, 'OTEL_EXPORTER_OTLP_HEADERS'),
    sampleRatio: () => sampleRatio(env),
    serviceName: () => textSetting(env, 'OTEL_SERVICE_NAME') ?? 'duly',
    attributes: () => pairs(env, 'OTEL_RESOURCE_ATTRIBUTES'),
  });
}

function tracesUrl(env: Env): string {
  const name = 'OTEL_EXPORTER_OTLP_ENDPOINT';
  const value = textSetting(env, name) ?? '';
  const url = parseUrl(value);
  if (url === null || !isHttp(url) || hasCredentials(url) || url.search !== '' || url.hash !== '')
    return refuseSetting(
      name,
      redacted(value),
      'the URL of a collector for OTLP over HTTP, e.g. http://localhost:4318',
    );
  return `${url.href.replace(/\/$/, '')}/v1/traces`;
}

function sampleRatio(env: Env): number {
  const value = textSetting(env, 'OTEL_TRACES_SAMPLER_ARG') ?? '1';
  const ratio = /^\d*\.?\d+$/.test(value) ? Number(value) : Number.NaN;
  if (ratio <= 1) return ratio;
  return refuseSetting('OTEL_TRACES_SAMPLER_ARG', JSON.stringify(value), 'a number from 0 to 1');
}

/** `key=value,…` with percent-encoded values, which may be secret. */
function pairs(env: Env, name: string): Readonly<Record<string, string>> {
  const value = textSetting(env, name);
  if (value === null) return {};
  const entries = value.split(',').map((pair, index) => {
    const [, key, text] = /^\s*([\w.~!#$&+^`|-]+)\s*=\s*([\x21-\x7e]*)\s*$/.exec(pair) ?? [];
    if (key !== undefined && text !== undefined && isDecodable(text)) return [key, decodeURIComponent(text)];
    return refuseSetting(
      name,
      `something else as pair ${index + 1}`,
      'key=value, with commas between pairs and percent-encoded values',
    );
  });
  return Object.freeze(Object.fromEntries(entries));
}
