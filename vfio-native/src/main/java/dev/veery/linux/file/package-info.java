/** What disk images need of a Linux host beyond what Java has: fallocate(2). */
@org.jspecify.annotations.NullMarked
package dev.veery.linux.file;
