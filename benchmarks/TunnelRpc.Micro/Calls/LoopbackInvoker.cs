using System.Buffers;
using TunnelRpc.Serialization;

namespace TunnelRpc.Micro.Calls;

/// <summary>
/// Encodes and decodes the arguments and the result of each unary call and invokes an implementation that completes synchronously. Not
/// thread-safe: one call at a time.
/// </summary>
internal sealed class LoopbackInvoker(object service) : NullInvoker
{
    private readonly ArrayBufferWriter<byte> _bytes = new(1 << 10);

    public override ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken) =>
        new(RoundTrip(
            method.ResultFormatter,
            Result(method.Invoke((TService)service, RoundTrip(method.ArgumentsFormatter, args), cancellationToken))));

    private static T Result<T>(ValueTask<T> call) => call.IsCompletedSuccessfully
        ? call.GetAwaiter().GetResult()
        : throw new InvalidOperationException("Expected an implementation that completes synchronously, got a pending call.");

    private T RoundTrip<T>(ITunnelFormatter<T> formatter, T value)
    {
        _bytes.ResetWrittenCount();
        var writer = new MessagePackWriter(_bytes);
        formatter.Write(ref writer, value);
        writer.Flush();
        var reader = new MessagePackReader(_bytes.WrittenSpan);
        return formatter.Read(ref reader);
    }
}
