/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of commands and events of the hardware.
 */
#ifndef LIB_HW_NAMES_H
#define LIB_HW_NAMES_H

/** command_name() - Name of a command by its opcode; "opcode N" if unknown */
const char *command_name(unsigned int opcode);

/** record_name() - Name of an event log record by its code; "code N" if unknown */
const char *record_name(unsigned int code);

#endif /* LIB_HW_NAMES_H */
