/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A name that stands twice in a table is a mistake of ours, which no test run would survive.
 */
#include "engine/logs/tables.h"

#include "engine/logs/operation.h"

#include <pthread.h>
#include <stdlib.h>

static struct mm_logs_tables tables;
static const char *shape_names[MM_LOGS_SHAPES_MAX][MM_WALK_NAMES_MAX];
static char operations[MM_WALK_NAMES_MAX][MM_LOGS_OPERATION_MAX];
static const char *operation_names[MM_WALK_NAMES_MAX];
static const char *const folder_names[] = { "FolderItems" };
static const char *const message_names[] = { "SizeInBytes" };

static void
make_shape(size_t number)
{
	const struct mm_logs_shape *shape = mm_logs_shapes[number];

	for (size_t i = 0; i < shape->members_count && i < MM_WALK_NAMES_MAX; i++)
		shape_names[number][i] = shape->members[i].name;
	if (!mm_walk_table_init(&tables.shapes[number], shape_names[number], shape->members_count))
		abort();
}

static void
make_operations(void)
{
	size_t count = mm_logs_operations_names(operations);

	for (size_t i = 0; i < count; i++)
		operation_names[i] = operations[i];
	if (!mm_walk_table_init(&tables.operations, operation_names, count))
		abort();
}

static void
make(void)
{
	if (mm_logs_shapes_count > MM_LOGS_SHAPES_MAX)
		abort();
	for (size_t i = 0; i < mm_logs_shapes_count; i++)
		make_shape(i);
	make_operations();
	if (!mm_walk_table_init(&tables.folder, folder_names, 1) ||
	    !mm_walk_table_init(&tables.message, message_names, 1))
		abort();
}

const struct mm_logs_tables *
mm_logs_tables(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, make);
	return &tables;
}
