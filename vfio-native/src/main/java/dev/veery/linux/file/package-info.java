/** What disk images need of a Linux host beyond what Java has: fallocate(2), and locks that belong to an open file. */
@org.jspecify.annotations.NullMarked
package dev.veery.linux.file;
