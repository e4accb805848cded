import { type Env, refuseSetting, textSetting } from './values.ts';

export interface MetricsSettings {
  /** The bearer token for `/metrics`; null: the path does not exist. */
  readonly token: string | null;
}

const tokenMinLength = 16;
const tokenMaxLength = 512;
/** `b64token` of RFC 6750 §2.1. */
const tokenSyntax = /^[\w.~+/-]+=*$/;

export function metricsSettings(env: Env): MetricsSettings {
  return Object.freeze({ token: token(env) });
}

function token(env: Env): string | null {
  const value = textSetting(env, 'METRICS_TOKEN');
  if (value === null) return null;
  const wants = `${tokenMinLength} to ${tokenMaxLength} letters, digits and . _ ~ + / -, e.g. from: openssl rand -base64 32`;
  const { length } = value;
  if (length < tokenMinLength || length > tokenMaxLength)
    return refuseSetting('METRICS_TOKEN', `${length} characters`, wants);
  return tokenSyntax.test(value)
    ? value
    : refuseSetting('METRICS_TOKEN', 'characters that no Authorization header carries', wants);
}
