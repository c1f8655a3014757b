using System.Collections.Concurrent;

namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>Collects entries of filters and services for the test.</summary>
internal sealed class CallLog
{
    public ConcurrentQueue<object> Entries { get; } = new();
}
