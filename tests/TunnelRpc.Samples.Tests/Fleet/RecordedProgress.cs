using System.Collections.Concurrent;

namespace TunnelRpc.Samples.Tests.Fleet;

/// <summary>Stores the reports in the order of their arrival.</summary>
internal sealed class RecordedProgress : IProgress<long>
{
    public ConcurrentQueue<long> Reports { get; } = new();

    public void Report(long value) => Reports.Enqueue(value);
}
