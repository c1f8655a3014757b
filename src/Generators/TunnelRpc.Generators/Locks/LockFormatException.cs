using System;

namespace TunnelRpc.Generators.Locks;

/// <summary>A lock, or the facts in an assembly, cannot be read. The message says where, what was expected and what was found.</summary>
/// <param name="message">The message.</param>
/// <param name="line">The number of the line, from 1; 0 if the error has no line.</param>
internal sealed class LockFormatException(string message, int line = 0) : Exception(message)
{
    /// <summary>The number of the line, from 1; 0 if the error has no line.</summary>
    public int Line { get; } = line;
}
