using TunnelRpc.Ordering;

namespace TunnelRpc.Tests.Ordering;

/// <summary>A call's work: says that it runs, and with which refusal.</summary>
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

    /// <summary>Completes when it runs.</summary>
    public Task<TunnelException?> Run => _run.Task;

    public void Execute() => _run.SetResult(Place.Refusal);
}
