using TunnelRpc.Client;

namespace TunnelRpc.Cli.Probing;

/// <summary>What came of a probe.</summary>
internal sealed record ProbeResult(PathReport Report)
{
    /// <summary>From the start to the first answered call, or to the end where there was none.</summary>
    public TimeSpan Elapsed { get; init; }

    public int Calls { get; init; }

    public int CallsOk { get; init; }

    public int CallbacksOk { get; init; }

    /// <summary>Bytes of payload that went to the server.</summary>
    public long BytesUp { get; init; }

    /// <summary>Bytes of payload that came from the server.</summary>
    public long BytesDown { get; init; }

    /// <summary>What a call took, the middle one of all; null when none was answered.</summary>
    public TimeSpan? MedianCallTime { get; init; }

    /// <summary>What a call back took, asking for it included; likewise.</summary>
    public TimeSpan? MedianCallbackTime { get; init; }

    /// <summary>Why calls failed, where a path was there; null when none did.</summary>
    public string? Failure { get; init; }

    public bool IsOk => Report.Winner is not null && Calls > 0 && CallsOk == Calls && CallbacksOk == Calls;
}
