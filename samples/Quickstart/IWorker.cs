using TunnelRpc;

namespace Quickstart;

/// <summary>The callback service of the client.</summary>
[TunnelService]
public partial interface IWorker
{
    /// <summary>A callback with a result.</summary>
    Task<string> AnswerAsync(string question, CancellationToken cancellationToken = default);

    /// <summary>A callback that returns a stream.</summary>
    IAsyncEnumerable<int> MeasureAsync(int count, CancellationToken cancellationToken = default);
}
