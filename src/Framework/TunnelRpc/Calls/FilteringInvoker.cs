using System.Runtime.CompilerServices;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Runs the filters of this side for each outgoing call; another invoker makes the call. Thread-safe.</summary>
internal sealed class FilteringInvoker : TunnelInvoker
{
    private readonly TunnelInvoker _target;
    private readonly FilterSet _filters;
    private readonly TimeProvider _timeProvider;
    private readonly TunnelCallOptions? _options;

    // Makes the calls of methods without a filter.
    private readonly TunnelInvoker _unfiltered;

    private FilteringInvoker(TunnelInvoker target, FilterSet filters, TimeProvider timeProvider, TunnelCallOptions? options)
    {
        _target = target;
        _filters = filters;
        _timeProvider = timeProvider;
        _options = options;
        _unfiltered = options is null ? target : target.With(options);
    }

    /// <summary>
    /// Adds the filters to <paramref name="target"/>, which must have no options. Returns it unchanged when no filter applies to outgoing
    /// calls.
    /// </summary>
    public static TunnelInvoker Wrap(TunnelInvoker target, FilterSet? filters, TimeProvider timeProvider) =>
        filters is { HasOutgoingFilters: true } ? new FilteringInvoker(target, filters, timeProvider, null) : target;

    /// <summary>Whether filters run for calls of a method.</summary>
    public bool AppliesTo(TunnelMethod method) => _filters.GetOutgoingPipeline(method) is not null;

    public override TunnelInvoker With(TunnelCallOptions options) =>
        new FilteringInvoker(_target, _filters, _timeProvider, _options?.Merge(options) ?? options);

    public override ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken) =>
        _filters.GetOutgoingPipeline(method) is { } pipeline
            ? RunAsync<TArgs, Unit, TResult>(
                pipeline, method, args, default, (target, a, _, token) => target.InvokeAsync(method, a, token), cancellationToken)
            : _unfiltered.InvokeAsync(method, args, cancellationToken);

    public override ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken) =>
        _filters.GetOutgoingPipeline(method) is { } pipeline
            ? RunVoidAsync(
                pipeline, method, args, (target, a, _, token) => Unit.From(target.InvokeVoidAsync(method, a, token)), cancellationToken)
            : _unfiltered.InvokeVoidAsync(method, args, cancellationToken);

    public override ValueTask InvokeOneWayAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken) =>
        _filters.GetOutgoingPipeline(method) is { } pipeline
            ? RunVoidAsync(
                pipeline, method, args, (target, a, _, token) => Unit.From(target.InvokeOneWayAsync(method, a, token)), cancellationToken)
            : _unfiltered.InvokeOneWayAsync(method, args, cancellationToken);

    public override IAsyncEnumerable<TItem> InvokeServerStreamingAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken) =>
        _filters.GetOutgoingPipeline(method) is { } pipeline
            ? RunStreamAsync<TArgs, Unit, TItem>(
                pipeline,
                method,
                args,
                default,
                (target, a, _, token) => new(target.InvokeServerStreamingAsync(method, a, token)),
                cancellationToken)
            : _unfiltered.InvokeServerStreamingAsync(method, args, cancellationToken);

    public override ValueTask<TResult> InvokeClientStreamingAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method,
        TArgs args,
        IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        return _filters.GetOutgoingPipeline(method) is { } pipeline
            ? RunAsync(
                pipeline,
                method,
                args,
                items,
                (target, a, i, token) => target.InvokeClientStreamingAsync(method, a, i, token),
                cancellationToken)
            : _unfiltered.InvokeClientStreamingAsync(method, args, items, cancellationToken);
    }

    public override IAsyncEnumerable<TResultItem> InvokeDuplexStreamingAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method,
        TArgs args,
        IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        return _filters.GetOutgoingPipeline(method) is { } pipeline
            ? RunStreamAsync<TArgs, IAsyncEnumerable<TItem>, TResultItem>(
                pipeline,
                method,
                args,
                items,
                (target, a, i, token) => new(target.InvokeDuplexStreamingAsync(method, a, i, token)),
                cancellationToken)
            : _unfiltered.InvokeDuplexStreamingAsync(method, args, items, cancellationToken);
    }

    private async ValueTask RunVoidAsync<TArgs>(
        FilterPipeline pipeline,
        TunnelMethod method,
        TArgs args,
        Func<TunnelInvoker, TArgs, Unit, CancellationToken, ValueTask<Unit>> invoke,
        CancellationToken cancellationToken) =>
        await RunAsync(pipeline, method, args, default, invoke, cancellationToken).ConfigureAwait(false);

    private async ValueTask<TResult> RunAsync<TArgs, TInput, TResult>(
        FilterPipeline pipeline,
        TunnelMethod method,
        TArgs args,
        TInput input,
        Func<TunnelInvoker, TArgs, TInput, CancellationToken, ValueTask<TResult>> invoke,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IAsyncDisposable? scope = CreateScope(pipeline, out IServiceProvider? services);
        try
        {
            var call = new OutgoingFilteredCall<TArgs, TInput, TResult>(
                _target, _options, _timeProvider, method, args, input, invoke, null, cancellationToken)
            {
                Services = services,
            };
            return await call.RunAsync(pipeline).ConfigureAwait(false);
        }
        finally
        {
            if (scope is not null)
            {
                await scope.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Each enumeration makes one call and runs the filters once.</summary>
    private async IAsyncEnumerable<TItem> RunStreamAsync<TArgs, TInput, TItem>(
        FilterPipeline pipeline,
        TunnelMethod method,
        TArgs args,
        TInput input,
        Func<TunnelInvoker, TArgs, TInput, CancellationToken, ValueTask<IAsyncEnumerable<TItem>>> invoke,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IAsyncDisposable? scope = CreateScope(pipeline, out IServiceProvider? services);
        try
        {
            var call = new OutgoingFilteredCall<TArgs, TInput, IAsyncEnumerable<TItem>>(
                _target, _options, _timeProvider, method, args, input, invoke, ObservedStream.Observe, cancellationToken)
            {
                Services = services,
            };
            IAsyncEnumerable<TItem> items = await call.RunAsync(pipeline).ConfigureAwait(false);
            await foreach (TItem item in items.WithCancellation(call.CancellationToken).ConfigureAwait(false))
            {
                yield return item;
            }
        }
        finally
        {
            if (scope is not null)
            {
                await scope.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private IAsyncDisposable? CreateScope(FilterPipeline pipeline, out IServiceProvider? services)
    {
        services = _filters.ScopeFactory?.RootServices;
        return pipeline.NeedsScope ? _filters.ScopeFactory?.CreateScope(null, out services) : null;
    }
}
