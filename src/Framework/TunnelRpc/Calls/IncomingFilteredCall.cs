namespace TunnelRpc.Calls;

/// <summary>
/// The context of an incoming call for its filters. The implementation is resolved when it is first needed. Not thread-safe.
/// </summary>
internal sealed class IncomingFilteredCall<TService, TArgs, TInput, TResult> : FilteredCall<TArgs, TInput, TResult>
    where TService : class
{
    private readonly IncomingFilters<TService, TArgs, TInput, TResult> _filters;
    private readonly IncomingCall _call;
    private readonly TunnelCallContext _context;
    private readonly IServiceProvider? _scopedServices;
    private TService? _service;

    public IncomingFilteredCall(
        IncomingFilters<TService, TArgs, TInput, TResult> filters,
        IncomingCall call,
        TunnelCallContext context,
        IServiceProvider? scopedServices,
        TArgs args,
        TInput input)
        : base(context.Method, TunnelCallDirection.Incoming, args, input, filters.ObserveStreamEnd, context.CancellationToken)
    {
        _filters = filters;
        _call = call;
        _context = context;
        _scopedServices = scopedServices;
    }

    public override TunnelHeaders Headers => _context.Headers;

    public override TimeSpan? RemainingTime
    {
        get => _context.RemainingTime;
        set => _call.LimitTimeout(TunnelCallOptions.ValidateTimeout(value));
    }

    public override object Service => Implementation;

    private TService Implementation => _service ??= _filters.Activator.Resolve(_call, _scopedServices);

    protected override ValueTask<TResult> InvokeTargetAsync(TArgs args, TInput input) =>
        _call.Scheduler is { } scheduler
            ? InvokeScheduledAsync(scheduler, args, input)
            : _filters.Invoke(Implementation, args, input, CancellationToken);

    /// <summary>Returns to the scheduler of the call, which a filter may have left.</summary>
    private async ValueTask<TResult> InvokeScheduledAsync(CallScheduler scheduler, TArgs args, TInput input)
    {
        await scheduler.SwitchTo();
        return await _filters.Invoke(Implementation, args, input, CancellationToken).ConfigureAwait(false);
    }
}
