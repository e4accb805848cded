import { type ComponentType, type LazyExoticComponent, lazy } from 'react';
import { pageMessagesLoaded } from '../i18n/i18n.tsx';

/** A component that is loaded when it is first shown, with the texts that it needs. */
export const lazyPage = <Props>(
  load: () => Promise<ComponentType<Props>>,
): LazyExoticComponent<ComponentType<Props>> =>
  lazy(async () => {
    const [component] = await Promise.all([load(), pageMessagesLoaded()]);
    return { default: component };
  });
