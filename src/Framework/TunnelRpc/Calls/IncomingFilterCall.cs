namespace TunnelRpc.Calls;

/// <summary>A call that this side serves, with filters around it.</summary>
internal sealed class IncomingFilterCall<TService, TArgs, TInput, TResult> : FilterCall<TArgs, TInput, TResult>
    where TService : class
{
    private readonly IncomingFilters<TService, TArgs, TInput, TResult> _filters;
    private readonly InboundCall _call;
    private readonly TunnelCallContext _context;
    private readonly IServiceProvider? _scope;
    private TService? _service;

    public IncomingFilterCall(
        IncomingFilters<TService, TArgs, TInput, TResult> filters, InboundCall call, TunnelCallContext context, IServiceProvider? scope, TArgs args, TInput input)
        : base(context.Method, TunnelCallDirection.Incoming, args, input, filters.Observe, context.CancellationToken)
    {
        _filters = filters;
        _call = call;
        _context = context;
        _scope = scope;
    }

    public override TunnelHeaders Headers => _context.Headers;

    public override TimeSpan? Deadline
    {
        get => _context.RemainingTime;
        set => _call.LimitTime(TunnelCallOptions.CheckDeadline(value));
    }

    public override object Service => Implementation;

    private TService Implementation => _service ??= _filters.Activator.Resolve(_call, _scope);

    protected override ValueTask<TResult> CallAsync(TArgs args, TInput input) => _filters.Invoke(Implementation, args, input, CancellationToken);
}
