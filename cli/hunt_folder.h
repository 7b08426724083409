/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of --out: where the reports of 'mintmark hunt' are written, and where reading leaves what --resume needs.
 *
 * It is never a folder that has an input in it, nor one within a folder that is an input: whoever hands logs over to a
 * court must be able to say that nothing was written beside them. Reports that are there are replaced where the folder
 * was made, or first used, by this command: a file in it says so. Others are not touched.
 */
#ifndef MM_CLI_HUNT_FOLDER_H
#define MM_CLI_HUNT_FOLDER_H

#include "cli/hunt_options.h"
#include "cli/progress.h"
#include "engine/story/report.h"

#include <mintmark/version.h>

struct mm_hunt_folder {
	const char *path;
	int fd, work_fd; /* -1: none is asked for */
};

/*
 * Open the folder of options->out, made where it is missing, and the folder for the work in it; both are -1 where no
 * --out is given. Returns MM_EXIT_DONE, or MM_EXIT_USAGE when it has said why not. Close it in either case.
 */
MM_MUST_USE int mm_hunt_folder_open(struct mm_hunt_folder *folder, const struct mm_hunt_options *options);

/*
 * Write all reports: each under another name first, and all of them named as they should once each is on the disk, so
 * that those of an earlier run stay where one cannot be written. Returns as above.
 */
MM_MUST_USE int mm_hunt_folder_write(const struct mm_hunt_folder *folder, struct mm_story *story,
    const struct mm_report_question *question, struct mm_progress *progress);

/* done: nobody needs the work any more. */
void mm_hunt_folder_close(struct mm_hunt_folder *folder, bool done);

#endif
