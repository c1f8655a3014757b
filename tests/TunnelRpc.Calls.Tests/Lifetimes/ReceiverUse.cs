namespace TunnelRpc.Calls.Tests.Lifetimes;

/// <summary>What the receiver of a reference does with it.</summary>
public enum ReceiverUse
{
    /// <summary>It reads to the end.</summary>
    Whole,

    /// <summary>It reads one item and leaves.</summary>
    LeftEarly,

    /// <summary>It does nothing with it, and holds it no longer.</summary>
    Untouched,

    /// <summary>It disposes it without a read.</summary>
    Disposed,

    /// <summary>It reads one item, and then neither reads on nor disposes the enumerator, and holds it no longer.</summary>
    Abandoned,
}
