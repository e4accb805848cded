import { Icon, type IconName } from './icon.tsx';
import { Popover, type PopoverProps } from './popover.tsx';

export interface MenuItem {
  id: string;
  text: string;
  icon?: IconName;
  /** A colour beside the text. */
  color?: string | null;
  /** Of one of several that exclude each other: whether it is chosen. */
  isChosen?: boolean;
  isDangerous?: boolean;
  /** Stands indented below the item that it is a part of. */
  isPartOfOther?: boolean;
  run: () => void;
}

interface MenuProps extends Omit<PopoverProps, 'children' | 'kind'> {
  items: readonly MenuItem[];
}

export function Menu({ items, ...popover }: MenuProps) {
  return (
    <Popover kind="menu" {...popover}>
      {(close) => (
        <div className="menu">
          {items.map((item) => (
            <button
              key={item.id}
              type="button"
              {...(item.isChosen === undefined
                ? { role: 'menuitem' }
                : { role: 'menuitemradio', 'aria-checked': item.isChosen })}
              className={classesOf(item)}
              onClick={() => {
                close();
                item.run();
              }}
            >
              {item.icon && <Icon name={item.icon} size={18} />}
              {item.color !== undefined && <Dot color={item.color} />}
              <span className="menu-text">{item.text}</span>
              {item.isChosen && <Icon name="check" size={18} />}
            </button>
          ))}
        </div>
      )}
    </Popover>
  );
}

const classesOf = ({ isDangerous, isPartOfOther }: MenuItem) =>
  ['menu-item', isDangerous && 'menu-item-danger', isPartOfOther && 'menu-item-part']
    .filter(Boolean)
    .join(' ');

/** The colour of a project. */
export function Dot({ color }: { color: string | null }) {
  return (
    <svg className="dot" width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
      <circle cx="6" cy="6" r="4.5" {...(color !== null && { fill: color })} />
    </svg>
  );
}
