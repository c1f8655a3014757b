using System.Buffers;

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>
/// An up leg that streams. An upload that dies is opened again from what the server has received; where they die young they are
/// ended before that, in order, and where that does not help either, blocks take over. None grows larger than what the usual
/// limits for request bodies let pass.
/// </summary>
internal sealed class StreamUploadLeg(ClientLegConnection connection) : IUploadLeg
{
    private const int MaxConsecutiveFailures = 3;
    private const int HeaderBytes = LegRecordWriter.ControlRecordBytes + LegRecordWriter.HeaderBytes;
    private const int BufferBytes = 32 * 1024;

    // nginx ends a request at 1 MiB, its default, and says so neither to the client nor, in time, to the server.
    private const int MaxBodyBytes = 768 * 1024;

    // An upload that lived as long died of something that will not happen often.
    private static readonly TimeSpan HealthyLifetime = TimeSpan.FromSeconds(60);

    // Below that, an upload is not worth its requests.
    private static readonly TimeSpan MinLifetime = TimeSpan.FromSeconds(2);

    // How long the server may take to answer an upload that has ended, or to see the first probe of one that was opened again.
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(3);

    // How long another upload may take to get its go-ahead.
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(10);

    // All of the opening or running task.
    private UploadRequest? _upload;
    private long _claim;
    private long _startTimestamp;
    private TimeSpan _lifetime = Timeout.InfiniteTimeSpan;
    private int _consecutiveFailures;
    private int _earlyFailures;
    private int _bodyBytes;
    private bool _followsRotation;

    public async ValueTask OpenAsync(TimeSpan probeTimeout, CancellationToken cancellationToken)
    {
        await StartAsync(cancellationToken).ConfigureAwait(false);
        await new UploadProber(connection, _upload!).ProbeAsync(probeTimeout, cancellationToken).ConfigureAwait(false);
    }

    public async Task<bool> RunAsync()
    {
        while (true)
        {
            TransportException? failure;
            UploadOutcome end = UploadOutcome.Failed;
            try
            {
                if (_upload is null)
                {
                    using CancellationTokenSource timeout = new(OpenTimeout, connection.TimeProvider);
                    using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, connection.Stopping);
                    await StartAsync(stop.Token).ConfigureAwait(false);

                    // One that takes over from another that was answered goes where that one went.
                    if (!_followsRotation && !await new UploadProber(connection, _upload!).TryProbeAsync(ResponseTimeout, connection.Stopping).ConfigureAwait(false))
                    {
                        throw new TransportException($"{connection.TransportName}: the upload that was opened again does not stream.");
                    }
                }

                end = await PumpAsync().ConfigureAwait(false);
                failure = _upload!.EndReason;
            }
            catch (Exception exception)
            {
                // All of it: what an upload may fail with is one upload's failure.
                failure = _upload?.EndReason ?? exception as TransportException ?? new TransportException($"{connection.TransportName}: the upload broke: {exception.Message}", exception);
            }

            if (end == UploadOutcome.Complete || connection.Stopping.IsCancellationRequested || connection.Failure is not null)
            {
                return true;
            }

            if (failure?.HttpStatus is 401 or 403 or 404 or 407 or 410)
            {
                connection.Fail(failure, isDownload: false);
                return true;
            }

            _followsRotation = end == UploadOutcome.Rotated;
            bool again = _followsRotation ? OnRotated() : ShouldReopen(failure);
            if (_upload is not null)
            {
                await _upload.DisposeAsync().ConfigureAwait(false);
                _upload = null;
            }

            if (!again)
            {
                return false;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_upload is not null)
        {
            await _upload.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        _startTimestamp = connection.TimeProvider.GetTimestamp();
        _bodyBytes = 0;
        _claim = connection.SendBuffer.ClaimFromAcknowledged(out long offset);
        _upload = new UploadRequest(connection, connection.NextUploadEpoch(), offset);
        await _upload.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    private bool OnRotated()
    {
        _consecutiveFailures = 0;
        if (_earlyFailures == 1)
        {
            // It may have been an accident. If it was not, it happens again.
            _lifetime = Timeout.InfiniteTimeSpan;
        }

        return true;
    }

    private bool ShouldReopen(TransportException? failure)
    {
        TimeSpan lived = connection.TimeProvider.GetElapsedTime(_startTimestamp);
        if (lived >= HealthyLifetime)
        {
            _consecutiveFailures = 1;
            return true;
        }

        TimeSpan life = lived * 0.75;
        _earlyFailures++;
        if (++_consecutiveFailures == MaxConsecutiveFailures || (_consecutiveFailures > 1 && life < MinLifetime) || failure?.HttpStatus is >= 400 and < 500 and not 408)
        {
            return false;
        }

        life = life < MinLifetime ? MinLifetime : life;
        _lifetime = _lifetime == Timeout.InfiniteTimeSpan || life < _lifetime ? life : _lifetime;
        return true;
    }

    private async Task<UploadOutcome> PumpAsync()
    {
        using CancellationTokenSource rotation = new(_lifetime == Timeout.InfiniteTimeSpan ? _lifetime : GetRemainingLifetime(), connection.TimeProvider);
        using CancellationTokenRegistration waking = rotation.Token.UnsafeRegister(static log => ((LegSendBuffer)log!).NotifyChanged(), connection.SendBuffer);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(HeaderBytes + BufferBytes);
        UploadOutcome end = await PumpAsync(buffer, rotation.Token).ConfigureAwait(false);

        // Not when a write failed: the request may still use it.
        ArrayPool<byte>.Shared.Return(buffer);
        return end;
    }

    private async Task<UploadOutcome> PumpAsync(byte[] buffer, CancellationToken rotation)
    {
        while (_upload!.EndReason is null)
        {
            if (_bodyBytes >= MaxBodyBytes)
            {
                return await TryFinishAsync().ConfigureAwait(false) ? UploadOutcome.Rotated : UploadOutcome.Failed;
            }

            Task change = connection.SendBuffer.WaitForChangeAsync();
            int length = connection.SendBuffer.TakeUnsent(_claim, buffer.AsSpan(HeaderBytes, BufferBytes), out _);
            bool reports = connection.IsConsumedReportDue || (length > 0 && connection.ReceiveBuffer.ConsumedOffset != connection.ReportedConsumedOffset);
            if (reports)
            {
                LegRecordWriter.WriteControl(buffer, LegRecordType.Consumed, connection.TakeConsumedReport());
            }

            if (length > 0)
            {
                LegRecordWriter.WriteHeader(buffer.AsSpan(LegRecordWriter.ControlRecordBytes), LegRecordType.Data, length);
            }

            int start = reports ? 0 : LegRecordWriter.ControlRecordBytes;
            int end = length > 0 ? HeaderBytes + length : LegRecordWriter.ControlRecordBytes;
            if (end > start)
            {
                _bodyBytes += end - start;
                await _upload.WriteAsync(buffer.AsMemory(start, end - start), connection.Stopping).ConfigureAwait(false);
            }
            else if (length < 0)
            {
                break;
            }
            else if (connection.SendBuffer.HasSentAll(_claim))
            {
                LegRecordWriter.WriteControl(buffer, LegRecordType.End, connection.SendBuffer.WrittenOffset);
                await _upload.WriteAsync(buffer.AsMemory(0, LegRecordWriter.ControlRecordBytes), connection.Stopping).ConfigureAwait(false);
                return await TryFinishAsync().ConfigureAwait(false) ? UploadOutcome.Complete : UploadOutcome.Failed;
            }
            else if (rotation.IsCancellationRequested)
            {
                return await TryFinishAsync().ConfigureAwait(false) ? UploadOutcome.Rotated : UploadOutcome.Failed;
            }
            else
            {
                await change.WaitAsync(connection.Stopping).ConfigureAwait(false);
            }
        }

        return UploadOutcome.Failed;
    }

    private async ValueTask<bool> TryFinishAsync()
    {
        _upload!.CompleteBody();
        while (true)
        {
            long acknowledged = connection.SendBuffer.AcknowledgedOffset;
            try
            {
                await _upload.Completion.WaitAsync(ResponseTimeout, connection.TimeProvider, connection.Stopping).ConfigureAwait(false);
                return _upload.IsAccepted;
            }
            catch (TimeoutException) when (connection.SendBuffer.AcknowledgedOffset > acknowledged)
            {
                // A slow line: what was written still drains.
            }
        }
    }

    private TimeSpan GetRemainingLifetime()
    {
        TimeSpan left = _lifetime - connection.TimeProvider.GetElapsedTime(_startTimestamp);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
