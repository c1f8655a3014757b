using System.Collections.Concurrent;

namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>What filters and services of an application tell the test.</summary>
internal sealed class CallLog
{
    public ConcurrentQueue<object> Entries { get; } = new();
}
