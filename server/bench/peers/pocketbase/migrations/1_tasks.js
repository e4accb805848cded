/// A collection of tasks, as a developer makes it who has the users' filters and the order of the list in mind.
migrate((app) => {
  const users = app.findCollectionByNameOrId('users');
  const isOwn = 'user = @request.auth.id';
  app.save(
    new Collection({
      type: 'base',
      name: 'tasks',
      listRule: isOwn,
      viewRule: isOwn,
      createRule: isOwn,
      updateRule: isOwn,
      deleteRule: isOwn,
      fields: [
        {
          name: 'user',
          type: 'relation',
          collectionId: users.id,
          required: true,
          maxSelect: 1,
          cascadeDelete: true,
        },
        { name: 'title', type: 'text', required: true, max: 200 },
        { name: 'description', type: 'text', max: 1000 },
        { name: 'completed', type: 'bool' },
        { name: 'priority', type: 'select', values: ['High', 'Medium', 'Low'], maxSelect: 1 },
        { name: 'due_date', type: 'date' },
        { name: 'tags', type: 'json' },
        { name: 'created', type: 'autodate', onCreate: true },
        { name: 'updated', type: 'autodate', onCreate: true, onUpdate: true },
      ],
      indexes: ['create index tasks_user_created on tasks (user, created)'],
    }),
  );
});
