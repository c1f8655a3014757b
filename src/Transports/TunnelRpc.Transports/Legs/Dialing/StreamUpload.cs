using System.Buffers;

namespace TunnelRpc.Transports.Legs.Dialing;

/// <summary>
/// An up leg that streams. An upload that dies is opened again from what the server has received; where they die young they are
/// ended before that, in order, and where that does not help either, blocks take over. None grows larger than what the usual
/// limits for request bodies let pass.
/// </summary>
internal sealed class StreamUpload(ClientCarrier carrier) : IUpload
{
    private const int MaxDeaths = 3;
    private const int HeadBytes = LegRecords.ControlBytes + LegRecords.HeadBytes;
    private const int BufferBytes = 32 * 1024;

    // nginx ends a request at 1 MiB, its default, and says so neither to the client nor, in time, to the server.
    private const int MaxBodyBytes = 768 * 1024;

    // An upload that lived as long died of something that will not happen often.
    private static readonly TimeSpan Old = TimeSpan.FromSeconds(60);

    // Below that, an upload is not worth its requests.
    private static readonly TimeSpan ShortestLife = TimeSpan.FromSeconds(2);

    // How long the server may take to answer an upload that has ended, or to see the first probe of one that was opened again.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(3);

    // How long another upload may take to get its go-ahead.
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(10);

    // All of the opening or running task.
    private Upload? _upload;
    private long _claim;
    private long _since;
    private TimeSpan _life = Timeout.InfiniteTimeSpan;
    private int _deaths;
    private int _youngDeaths;
    private int _bodyBytes;
    private bool _follows;

    public async ValueTask OpenAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        await StartAsync(cancellationToken).ConfigureAwait(false);
        await new UploadProof(carrier, _upload!).ProveAsync(patience, cancellationToken).ConfigureAwait(false);
    }

    public async Task<bool> RunAsync()
    {
        while (true)
        {
            TransportException? failure;
            UploadEnd end = UploadEnd.Died;
            try
            {
                if (_upload is null)
                {
                    using CancellationTokenSource timeout = new(OpenTimeout, carrier.Clock);
                    using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, carrier.Stopping);
                    await StartAsync(stop.Token).ConfigureAwait(false);

                    // One that takes over from another that was answered goes where that one went.
                    if (!_follows && !await new UploadProof(carrier, _upload!).TryProveAsync(AnswerTimeout, carrier.Stopping).ConfigureAwait(false))
                    {
                        throw new TransportException($"{carrier.Name}: the upload that was opened again does not stream.");
                    }
                }

                end = await PumpAsync().ConfigureAwait(false);
                failure = _upload!.End;
            }
            catch (Exception exception)
            {
                // All of it: what an upload may fail with is one upload's failure.
                failure = _upload?.End ?? exception as TransportException ?? new TransportException($"{carrier.Name}: the upload broke: {exception.Message}", exception);
            }

            if (end == UploadEnd.Complete || carrier.Stopping.IsCancellationRequested || carrier.Failure is not null)
            {
                return true;
            }

            if (failure?.HttpStatus is 401 or 403 or 404 or 407 or 410)
            {
                carrier.Fail(failure, isDown: false);
                return true;
            }

            _follows = end == UploadEnd.Rotated;
            bool again = _follows ? Renew() : IsWorthAnother(failure);
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
        _since = carrier.Clock.GetTimestamp();
        _bodyBytes = 0;
        _claim = carrier.Up.Claim(out long offset);
        _upload = new Upload(carrier, carrier.NextUpEpoch(), offset);
        await _upload.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    private bool Renew()
    {
        _deaths = 0;
        if (_youngDeaths == 1)
        {
            // It may have been an accident. If it was not, it happens again.
            _life = Timeout.InfiniteTimeSpan;
        }

        return true;
    }

    private bool IsWorthAnother(TransportException? failure)
    {
        TimeSpan lived = carrier.Clock.GetElapsedTime(_since);
        if (lived >= Old)
        {
            _deaths = 1;
            return true;
        }

        TimeSpan life = lived * 0.75;
        _youngDeaths++;
        if (++_deaths == MaxDeaths || (_deaths > 1 && life < ShortestLife) || failure?.HttpStatus is >= 400 and < 500 and not 408)
        {
            return false;
        }

        life = life < ShortestLife ? ShortestLife : life;
        _life = _life == Timeout.InfiniteTimeSpan || life < _life ? life : _life;
        return true;
    }

    private async Task<UploadEnd> PumpAsync()
    {
        using CancellationTokenSource rotation = new(_life == Timeout.InfiniteTimeSpan ? _life : Left(), carrier.Clock);
        using CancellationTokenRegistration waking = rotation.Token.UnsafeRegister(static log => ((SendLog)log!).Wake(), carrier.Up);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(HeadBytes + BufferBytes);
        UploadEnd end = await PumpAsync(buffer, rotation.Token).ConfigureAwait(false);

        // Not when a write failed: the request may still use it.
        ArrayPool<byte>.Shared.Return(buffer);
        return end;
    }

    private async Task<UploadEnd> PumpAsync(byte[] buffer, CancellationToken rotation)
    {
        while (_upload!.End is null)
        {
            if (_bodyBytes >= MaxBodyBytes)
            {
                return await FinishAsync().ConfigureAwait(false) ? UploadEnd.Rotated : UploadEnd.Died;
            }

            Task change = carrier.Up.NextChange();
            int length = carrier.Up.Take(_claim, buffer.AsSpan(HeadBytes, BufferBytes), out _);
            bool reports = carrier.IsReportDue || (length > 0 && carrier.Down.Consumed != carrier.Told);
            if (reports)
            {
                LegRecords.WriteControl(buffer, LegRecordType.Consumed, carrier.Consume());
            }

            if (length > 0)
            {
                LegRecords.WriteHead(buffer.AsSpan(LegRecords.ControlBytes), LegRecordType.Data, length);
            }

            int start = reports ? 0 : LegRecords.ControlBytes;
            int end = length > 0 ? HeadBytes + length : LegRecords.ControlBytes;
            if (end > start)
            {
                _bodyBytes += end - start;
                await _upload.WriteAsync(buffer.AsMemory(start, end - start), carrier.Stopping).ConfigureAwait(false);
            }
            else if (length < 0)
            {
                break;
            }
            else if (carrier.Up.IsDrained(_claim))
            {
                LegRecords.WriteControl(buffer, LegRecordType.End, carrier.Up.End);
                await _upload.WriteAsync(buffer.AsMemory(0, LegRecords.ControlBytes), carrier.Stopping).ConfigureAwait(false);
                return await FinishAsync().ConfigureAwait(false) ? UploadEnd.Complete : UploadEnd.Died;
            }
            else if (rotation.IsCancellationRequested)
            {
                return await FinishAsync().ConfigureAwait(false) ? UploadEnd.Rotated : UploadEnd.Died;
            }
            else
            {
                await change.WaitAsync(carrier.Stopping).ConfigureAwait(false);
            }
        }

        return UploadEnd.Died;
    }

    private async ValueTask<bool> FinishAsync()
    {
        _upload!.Finish();
        while (true)
        {
            long acknowledged = carrier.Up.Acknowledged;
            try
            {
                await _upload.Ended.WaitAsync(AnswerTimeout, carrier.Clock, carrier.Stopping).ConfigureAwait(false);
                return _upload.IsAnswered;
            }
            catch (TimeoutException) when (carrier.Up.Acknowledged > acknowledged)
            {
                // A slow line: what was written still drains.
            }
        }
    }

    private TimeSpan Left()
    {
        TimeSpan left = _life - carrier.Clock.GetElapsedTime(_since);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
