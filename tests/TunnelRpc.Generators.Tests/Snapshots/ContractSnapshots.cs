using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace TunnelRpc.Generators.Tests.Snapshots;

/// <summary>
/// Snapshots of generated code for reviews. Each test also compiles the code, without warnings under the strictest settings.
/// </summary>
public sealed class ContractSnapshots
{
    [Fact]
    public void Every_shape_of_call() => Verify(nameof(Every_shape_of_call), """
        using System.Collections.Generic;
        using System.Threading;
        using System.Threading.Tasks;
        using TunnelRpc;

        namespace Acme;

        [TunnelService(Callback = typeof(IPhone))]
        public partial interface IOffice
        {
            Task TouchAsync();
            Task<int> AddAsync(int left, int right = 10, CancellationToken cancellationToken = default);
            ValueTask PokeAsync(string? text);
            ValueTask<string> EchoAsync(string text, CancellationToken cancellationToken);
            [OneWay] Task NotifyAsync(string text);
            [OneWay] ValueTask BeatAsync(double value);
            IAsyncEnumerable<int> CountAsync(int count, CancellationToken cancellationToken = default);
            Task<long> SumAsync(IAsyncEnumerable<int> numbers, CancellationToken cancellationToken = default);
            ValueTask UploadAsync(IAsyncEnumerable<string> words);
            IAsyncEnumerable<string?> ShoutAsync(string suffix, IAsyncEnumerable<string> words, CancellationToken cancellationToken = default);
        }

        [TunnelService(Name = "phone")]
        internal partial interface IPhone
        {
            [TunnelMethod(Name = "ring")] Task RingAsync(int times);
            [TunnelMethod(Name = "ring-for")] Task RingAsync(string name);
        }
        """);

    [Fact]
    public void Settings_of_methods() => Verify(nameof(Settings_of_methods), """
        using System;
        using System.IO;
        using System.Threading.Tasks;
        using TunnelRpc;

        namespace Acme;

        [TunnelService(Dispatch = TunnelDispatch.Ordered), Timeout("30s")]
        public partial interface ILedger
        {
            [Idempotent, TunnelFault(typeof(Locked))] Task<int> ReadAsync();
            [Timeout("250ms")] Task WriteAsync(Stream stream, IProgress<int> progress);
            Task<ILedger> OpenAsync();
        }

        public sealed record Locked(string By);
        """);

    [Fact]
    public void Records_classes_and_collections() => Verify(nameof(Records_classes_and_collections), """
        using System;
        using System.Collections.Generic;
        using System.Threading.Tasks;
        using TunnelRpc;

        namespace Acme;

        [TunnelService]
        public partial interface IStore
        {
            Task<Order?> FindAsync(Guid id);
            Task PutAsync(Order order, Dictionary<string, List<int>> tags, (int X, string? Y) pair, Color color, int? maybe);
        }

        public enum Color { Red, Green }

        public sealed record Order(Guid Id, string Name, IReadOnlyList<Line> Lines, Order? Parent = null);

        public readonly record struct Line(string Article, int Count, decimal Price);

        public class Customer
        {
            public required string Name { get; init; }
            public int Age { get; set; } = 18;
            public string? Note;
            public byte[] Picture { get; init; } = [];
            [TunnelIgnore] public string Secret { get; set; } = "";
            public int Doubled => Age * 2;
        }

        [TunnelService]
        public partial interface ICustomers
        {
            Task<Customer> GetAsync(string name);
        }
        """);

    [Fact]
    public void Keys_and_unions() => Verify(nameof(Keys_and_unions), """
        using System.Threading.Tasks;
        using TunnelRpc;

        namespace Acme;

        [TunnelService]
        public partial interface IShapes
        {
            Task<Shape> EchoAsync(Shape shape, Point at);
        }

        [TunnelUnion(0, typeof(Circle))]
        [TunnelUnion(5, typeof(Square))]
        public abstract record Shape;

        public sealed record Circle(double Radius) : Shape;

        public sealed record Square([property: TunnelMember("side")] double Side) : Shape;

        public sealed class Point
        {
            [TunnelMember(0)] public int X { get; set; }
            [TunnelMember(3)] public int Y { get; init; }
        }
        """);

    [Fact]
    public void Nested_and_global_contracts() => Verify(nameof(Nested_and_global_contracts), """
        using System.Threading.Tasks;
        using TunnelRpc;

        public static partial class Outer
        {
            public partial record Middle
            {
                [TunnelService]
                public partial interface IInner
                {
                    Task<Box<int>> GetAsync(Box<string> @class, bool @event = true);
                }
            }
        }

        public sealed record Box<T>(T Value);
        """);

    private static void Verify(string name, string source)
    {
        IEnumerable<string> files = CompiledCode.ShouldCompile(name, LanguageVersion.CSharp12, source)
            .OrderBy(s => s.HintName, StringComparer.Ordinal)
            .Select(s => $"// ==== {s.HintName}\n{s.SourceText.ToString().ReplaceLineEndings("\n")}");
        Snapshot.Verify(string.Join("\n", files), name);
    }
}
