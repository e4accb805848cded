import { useI18n } from '../i18n/i18n.tsx';
import { useStore } from '../model/store.ts';
import { Link, useUrl } from '../routing/router.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { drawer, openQuickAdd } from './panels.ts';

/** The ways around the app on a phone. */
export function BottomBar() {
  const { t } = useI18n();
  const isDrawerOpen = useStore(drawer);
  return (
    <div className="bottom-bar">
      <nav aria-label={t('nav.short')}>
        <BarLink href="/today" icon="sun" text={t('nav.today')} />
        <BarLink href="/upcoming" icon="upcoming" text={t('nav.upcoming')} />
        <button type="button" className="bar-add" aria-label={t('quickAdd.title')} onClick={openQuickAdd}>
          <Icon name="add" size={26} />
        </button>
        <BarLink href="/inbox" icon="inbox" text={t('nav.inbox')} />
        <button
          type="button"
          className="bar-item"
          aria-expanded={isDrawerOpen}
          onClick={() => drawer.set(true)}
        >
          <Icon name="menu" />
          <span>{t('nav.more')}</span>
        </button>
      </nav>
    </div>
  );
}

function BarLink({ href, icon, text }: { href: string; icon: IconName; text: string }) {
  const path = useUrl().split('?')[0];
  return (
    <Link href={href} className="bar-item" aria-current={path === href ? 'page' : undefined}>
      <Icon name={icon} />
      <span>{text}</span>
    </Link>
  );
}
