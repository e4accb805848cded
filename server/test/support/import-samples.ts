import { bytesOf } from './import-formats.ts';
import { zipOf } from './zip.ts';

/** A small file of each format, as its program writes it. */
export interface ImportSample {
  format: string;
  fileName: string;
  file: Buffer;
}

const todoist = `TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE
section,Soon,,,,,,,,
task,"Plan the trip, all of it @travel",By train,1,1,Ida (7),,every! 2 weeks,en,Europe/Berlin
note,Ask Ole,,,,,,,,
task,Buy tickets,,4,2,Ida (7),,tomorrow at 5pm,en,Europe/Berlin
`;

const ticktick = `"Date: 2026-11-28+0000"
"Version: 7.1"
"Status: 
0 Normal
1 Completed
2 Archived"
"Folder Name","List Name","Title","Kind","Tags","Content","Is Check list","Start Date","Due Date","Reminder","Repeat","Priority","Status","Created Time","Completed Time","Order","Timezone","Is All Day","Is Floating","Column Name","Column Order","View Mode","taskId","parentId"
"Home","Kitchen","Pack","CHECKLIST","a, b","Text\r▪Towel\r▫Book","Y","","2026-11-30T15:30:00+0000","-PT15M","RRULE:FREQ=WEEKLY;INTERVAL=1","5","0","2026-11-01T08:00:00+0000","","0","Europe/Berlin","false","false",,,"list","1",""
"Home","Kitchen","Below","TEXT","","","N","","","","","0","2","2026-11-01T08:05:00+0000","2026-11-02T08:00:00+0000","0","Europe/Berlin",,"false",,,"list","2","1"
`;

const microsoft = [
  {
    displayName: 'House',
    wellknownListName: 'none',
    tasks: [
      {
        id: 'A',
        title: 'Pay',
        importance: 'high',
        status: 'notStarted',
        body: { content: '<p>By <b>card</b></p>', contentType: 'html' },
        dueDateTime: { dateTime: '2026-12-01T00:00:00.0000000', timeZone: 'UTC' },
        isReminderOn: true,
        reminderDateTime: { dateTime: '2026-12-01T08:00:00.0000000', timeZone: 'UTC' },
        recurrence: {
          pattern: { type: 'weekly', interval: 1, daysOfWeek: ['monday'] },
          range: { type: 'noEnd' },
        },
        checklistItems: [{ id: 's', displayName: 'Step', isChecked: true }],
      },
    ],
  },
];

const google = {
  kind: 'tasks#taskLists',
  items: [
    {
      title: 'L',
      items: [
        {
          id: 'a',
          title: 'Stove',
          due: '2026-12-03T00:00:00Z',
          position: '1',
          starred: true,
          links: [{ link: 'x' }],
        },
        { id: 'b', title: 'Sponge', parent: 'a', status: 'completed', completed: '2026-11-02T09:00:00Z' },
      ],
    },
  ],
};

const calendar = `BEGIN:VCALENDAR
X-WR-CALNAME:Garden
BEGIN:VTODO
UID:1
SUMMARY:Seeds\\, many of
 them
DTSTART;TZID="America/New_York":20261201T080000
DUE;TZID=America/New_York:20261202T090000
RRULE:FREQ=WEEKLY
EXDATE;TZID=America/New_York:20261209T090000
CATEGORIES:a,b\\,c
BEGIN:VALARM
TRIGGER;RELATED=END:-PT30M
END:VALARM
END:VTODO
BEGIN:VTODO
UID:2
RELATED-TO:1
STATUS:COMPLETED
SUMMARY:Below
END:VTODO
END:VCALENDAR
`;

const taskwarrior = [
  {
    uuid: '1',
    description: 'Beans',
    entry: '20261120T081500Z',
    status: 'pending',
    due: '20261130T230000Z',
    recur: 'weekly',
    tags: ['a'],
    priority: 'H',
    annotations: [{ entry: '20261121T090000Z', description: 'Shed' }],
  },
  {
    uuid: '2',
    description: 'Gate',
    entry: '20261120T081500Z',
    end: '20261121T081500Z',
    status: 'completed',
    depends: ['1'],
  },
];

const todoTxt = `(A) 2026-11-20 Call +House @phone due:2026-12-01 rec:+1w
x 2026-11-27 2026-11-25 Return the books @library t:2026-11-20
`;

const dulyCsv = `id,title,description,completed,completed_at,priority,due_date,due_time,time_zone,start_date,recurrence,recurrence_from,tags,project,section,parent_id,created_at,updated_at,deleted_at
a,'=1,"two
lines",false,,High,2026-12-01,09:30,Asia/Tokyo,,FREQ=WEEKLY,due,"[""x""]",Work,Later,,2026-11-20T08:00:00.000Z,2026-11-20T08:00:00.000Z,
`;

const json = (value: unknown) => bytesOf(JSON.stringify(value, null, 1));

export const importSamples: readonly ImportSample[] = [
  { format: 'todoist-csv', fileName: 'Trips.csv', file: bytesOf(todoist) },
  {
    format: 'todoist-zip',
    fileName: 'backup.zip',
    file: zipOf([{ name: 'Trips.csv', data: bytesOf(todoist) }]),
  },
  { format: 'ticktick-csv', fileName: 'ticktick.csv', file: bytesOf(ticktick) },
  { format: 'microsoft-todo', fileName: 'lists.json', file: json(microsoft) },
  { format: 'google-tasks', fileName: 'Tasks.json', file: json(google) },
  { format: 'ics', fileName: 'garden.ics', file: bytesOf(calendar) },
  { format: 'taskwarrior', fileName: 'tasks.json', file: json(taskwarrior) },
  { format: 'todo-txt', fileName: 'todo.txt', file: bytesOf(todoTxt) },
  {
    format: 'console-json',
    fileName: 'todo.json',
    file: json([{ id: 1, title: 'Milk', tags: ['a'], due_date: '2026-12-01' }]),
  },
  {
    format: 'console-csv',
    fileName: 'todo.csv',
    file: bytesOf('id,title,done,tags\n1,Milk,no,"a,b"\n2,"Bread, brown",yes,\n'),
  },
  { format: 'duly-csv', fileName: 'duly.csv', file: bytesOf(dulyCsv) },
];
