/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of names that records are read by, made ready for finding once in a process.
 */
#ifndef MM_ENGINE_LOGS_TABLES_H
#define MM_ENGINE_LOGS_TABLES_H

#include "engine/logs/shape.h"

struct mm_logs_tables {
	struct mm_walk_table shapes[MM_LOGS_SHAPES_MAX]; /* of the members of each shape */
	struct mm_walk_table operations;
	/* What is counted of a folder and of a message: FolderItems alone, SizeInBytes alone. */
	struct mm_walk_table folder, message;
};

/* The tables. Any thread; cannot fail, for their content is ours. */
const struct mm_logs_tables *mm_logs_tables(void);

#endif
