import { version } from '../platform/version.ts';

export const userAgent = `Duly/${version}`;
