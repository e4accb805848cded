import { type Env, flagSetting, readGroup, refuseSetting } from './values.ts';

export interface SenderSettings {
  /** Whether webhooks and push may reach 127.0.0.0/8 and ::1: for development and tests. */
  readonly allowsLoopback: boolean;
  /** Whether they have to have https: in production. */
  readonly requiresHttps: boolean;
}

export const senderSettings = (env: Env, production: boolean): SenderSettings =>
  readGroup<SenderSettings>({
    allowsLoopback: () => {
      const isAllowed = flagSetting(env, 'ALLOW_LOOPBACK_RECEIVERS');
      return isAllowed && production
        ? refuseSetting('ALLOW_LOOPBACK_RECEIVERS', '"1"', '0 in production')
        : isAllowed;
    },
    requiresHttps: () => production,
  });
