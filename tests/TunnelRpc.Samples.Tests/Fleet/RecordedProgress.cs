using System.Collections.Concurrent;

namespace TunnelRpc.Samples.Tests.Fleet;

/// <summary>Keeps reports in the order in which they come.</summary>
internal sealed class RecordedProgress : IProgress<long>
{
    public ConcurrentQueue<long> Reports { get; } = new();

    public void Report(long value) => Reports.Enqueue(value);
}
