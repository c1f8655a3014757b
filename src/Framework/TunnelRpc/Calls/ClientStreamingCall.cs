using TunnelRpc.Multiplexing;
using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>A call of this side that streams up and gets one reply.</summary>
internal sealed class ClientStreamingCall<TService, TArgs, TItem, TResult> : OutgoingCall
    where TService : class
{
    private readonly ClientStreamingMethod<TService, TArgs, TItem, TResult> _method;
    private readonly CallSettings? _settings;
    private readonly ReferenceScope? _references;
    private readonly TaskCompletionSource<TResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Set before the result.
    private bool _isReplied;

    public ClientStreamingCall(Multiplexer multiplexer, ClientStreamingMethod<TService, TArgs, TItem, TResult> method, CallSettings? settings, ReferenceScope? references)
        : base(multiplexer)
    {
        _settings = settings;
        _references = references;
        _method = method;
        SendWindow = new SendWindow(multiplexer.InitialSendWindow, multiplexer.Work);
    }

    /// <summary>Whether its CALL was sent, as a whole.</summary>
    public bool IsSent { get; private set; }

    public async ValueTask<TResult> RunAsync(TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            await OpenAsync(_method, _method.ArgumentsFormatter, args, FrameFlags.None, _settings, _references, cancellationToken).ConfigureAwait(false);
            IsSent = true;
        }
        catch
        {
            // The session may have told the call of its end, too: nobody else looks at that.
            _result.TrySetCanceled(CancellationToken.None);
            _ = _result.Task.Exception;
            throw;
        }

        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((ClientStreamingCall<TService, TArgs, TItem, TResult>)state!).Cancel(new OperationCanceledException(token)), this);

        var upload = new OutgoingItemStream<TItem>(Multiplexer, this, _method.ItemFormatter, items, _settings?.CreateScheduledSender() ?? new ScheduledSender(), _references);
        Task sending = upload.RunAsync();
        if (await Task.WhenAny(sending, _result.Task).ConfigureAwait(false) == sending && upload.Failure is Exception failure)
        {
            // The application's own stream failed: that ends the call, and its error is the caller's.
            Cancel(failure);
        }

        try
        {
            return await _result.Task.ConfigureAwait(false);
        }
        finally
        {
            await upload.StopAsync(_isReplied, cancellationToken).ConfigureAwait(false);
        }
    }

    public override void OnReply(FrameFlags flags, ReadOnlySpan<byte> body)
    {
        _isReplied = true;
        try
        {
            _result.TrySetResult(ReplyReader.ReadResult(_method, _method.ResultFormatter, flags, body, _settings?.Trailers, _references));
        }
        catch (TunnelException error)
        {
            _result.TrySetException(error);
        }
    }

    public override void OnFailed(TunnelException error) => _result.TrySetException(error);

    private void Cancel(Exception reason)
    {
        if (Multiplexer.TryCancel(this, TunnelStatus.Cancelled))
        {
            _result.TrySetException(reason);
        }
    }
}
