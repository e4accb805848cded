/** The programming interface of TypeScript, which the native compiler does not have. */
export { ts as default } from '@ts-morph/common';
