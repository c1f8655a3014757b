using TunnelRpc.Client;

namespace TunnelRpc.Cli.Probing;

/// <summary>The result of a probe.</summary>
/// <param name="Report">The attempts to connect.</param>
internal sealed record ProbeResult(PathReport Report)
{
    /// <summary>The time from the start to the first completed call; without one, to the end.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>The number of calls, and of callbacks, that were requested.</summary>
    public int Calls { get; init; }

    /// <summary>The number of calls that completed.</summary>
    public int CallsOk { get; init; }

    /// <summary>The number of callbacks that completed.</summary>
    public int CallbacksOk { get; init; }

    /// <summary>The bytes of payload that were sent to the server.</summary>
    public long BytesUp { get; init; }

    /// <summary>The bytes of payload that were received from the server.</summary>
    public long BytesDown { get; init; }

    /// <summary>The median duration of a call; null when none completed.</summary>
    public TimeSpan? MedianCallTime { get; init; }

    /// <summary>The median duration of a callback, including the call that requests it; null when none completed.</summary>
    public TimeSpan? MedianCallbackTime { get; init; }

    /// <summary>Why a call failed on an established path; null when none failed.</summary>
    public string? Failure { get; init; }

    /// <summary>Whether a path was established, and all calls and callbacks completed.</summary>
    public bool IsOk => Report.Winner is not null && Calls > 0 && CallsOk == Calls && CallbacksOk == Calls;
}
