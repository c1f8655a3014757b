using System.Buffers;

namespace TunnelRpc.Serialization.Tests;

/// <summary>Creates sequences of several segments.</summary>
internal sealed class Segments<T> : ReadOnlySequenceSegment<T>
{
    private Segments(ReadOnlyMemory<T> memory, long runningIndex)
    {
        Memory = memory;
        RunningIndex = runningIndex;
    }

    public static ReadOnlySequence<T> Create(T[] first, T[] second)
    {
        Segments<T> start = new(first, 0);
        Segments<T> end = new(second, first.Length);
        start.Next = end;
        return new ReadOnlySequence<T>(start, 0, end, second.Length);
    }
}
