/** Emitted code on x86-64 Linux: {@link dev.veery.hostcode.HostCode} with memfds and JNI's RegisterNatives. */
@NullMarked
package dev.veery.hostcode.linux;

import org.jspecify.annotations.NullMarked;
