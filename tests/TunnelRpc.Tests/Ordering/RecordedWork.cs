using TunnelRpc.Ordering;

namespace TunnelRpc.Tests.Ordering;

/// <summary>The work item of a call: records its run, and the refusal.</summary>
internal sealed class RecordedWork : IThreadPoolWorkItem
{
    private readonly TaskCompletionSource<TunnelException?> _run = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RecordedWork(OrderedQueue queue, ulong chain = 0)
    {
        Chain = new CallChain(chain);
        Place = new OrderedTicket(queue, Chain, this);
    }

    public CallChain Chain { get; }

    public OrderedTicket Place { get; }

    /// <summary>Completes when the item runs.</summary>
    public Task<TunnelException?> Run => _run.Task;

    public void Execute() => _run.SetResult(Place.Refusal);
}
