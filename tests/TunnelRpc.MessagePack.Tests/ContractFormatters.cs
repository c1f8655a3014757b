using System.Buffers;
using Shouldly;
using TunnelRpc.Serialization;
using TunnelReader = TunnelRpc.Serialization.MessagePackReader;
using TunnelWriter = TunnelRpc.Serialization.MessagePackWriter;

namespace TunnelRpc.MessagePack.Tests;

/// <summary>The formatters of a contract: finds them by the types of the results, and encodes and decodes values with them.</summary>
internal static class ContractFormatters
{
    /// <summary>Returns the formatter of the contract's first method with this result.</summary>
    public static ITunnelFormatter<T> Of<TService, T>()
        where TService : class, ITunnelService<TService> =>
        TService.TunnelDefinition.Methods.Select(m => m.Accept(new ResultFormatter<TService, T>())).First(f => f is not null)!;

    public static byte[] Write<T>(ITunnelFormatter<T> formatter, T value)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new TunnelWriter(output);
        formatter.Write(ref writer, value);
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads one value and checks that it consumes all bytes.</summary>
    public static T Read<T>(ITunnelFormatter<T> formatter, byte[] bytes)
    {
        var reader = new TunnelReader(bytes);
        T value = formatter.Read(ref reader);
        reader.End.ShouldBeTrue("the formatter must read all bytes");
        return value;
    }

    private sealed class ResultFormatter<TService, T> : ITunnelMethodVisitor<TService, ITunnelFormatter<T>?>
        where TService : class
    {
        public ITunnelFormatter<T>? VisitUnary<TArgs, TResult>(UnaryMethod<TService, TArgs, TResult> method) =>
            method.ResultFormatter as ITunnelFormatter<T>;

        public ITunnelFormatter<T>? VisitOneWay<TArgs>(OneWayMethod<TService, TArgs> method) => null;

        public ITunnelFormatter<T>? VisitServerStreaming<TArgs, TItem>(ServerStreamingMethod<TService, TArgs, TItem> method) => null;

        public ITunnelFormatter<T>? VisitClientStreaming<TArgs, TItem, TResult>(
            ClientStreamingMethod<TService, TArgs, TItem, TResult> method) => null;

        public ITunnelFormatter<T>? VisitDuplexStreaming<TArgs, TItem, TResultItem>(
            DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method) => null;
    }
}
