using System.Buffers;
using Shouldly;
using TunnelRpc.Serialization;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Encodes and decodes values with the formatters of a contract, which it finds through the contract's definition.</summary>
internal static class Loop
{
    public static byte[] Write<T>(ITunnelFormatter<T> formatter, T value)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        formatter.Write(ref writer, value);
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads one value and checks that it consumes all bytes.</summary>
    public static T Read<T>(ITunnelFormatter<T> formatter, byte[] bytes)
    {
        var reader = new MessagePackReader(bytes);
        T value = formatter.Read(ref reader);
        reader.End.ShouldBeTrue("the formatter must read all bytes");
        return value;
    }

    public static T Through<T>(ITunnelFormatter<T> formatter, T value) => Read(formatter, Write(formatter, value));

    /// <summary>Returns the formatter of the <see cref="IShapes"/> method with this result type.</summary>
    public static ITunnelFormatter<T> FormatterOf<T>() => FormatterOf<IShapes, T>();

    /// <summary>Returns the formatter of the contract's first method with this result type.</summary>
    public static ITunnelFormatter<T> FormatterOf<TService, T>()
        where TService : class, ITunnelService<TService> => Definition<TService>().Methods
            .Select(m => m.Accept(new ResultFormatter<TService, T>())).First(f => f is not null)!;

    public static TunnelServiceDefinition<TService> Definition<TService>()
        where TService : class, ITunnelService<TService> => TService.TunnelDefinition;

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
