using System.Collections.Immutable;
using System.Numerics;
using System.Text;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.Serialization.Tests;

public class UntrustedInputTests
{
    private const int Keys = 2000;

    [Fact]
    public void Claim_of_million_large_structs_allocates_at_most_unread_bytes()
    {
        // 1 MiB. The header claims an element of 4 KiB for every byte; the first element is invalid.
        byte[] body = new byte[1 << 20];
        body.AsSpan().Fill(0xc1);
        Codec.Bytes("dd000ffff0").CopyTo(body, 0);
        ArrayFormatter<Large> array = new(LargeFormatter.Instance);
        ListFormatter<Large> list = new(LargeFormatter.Instance);
        HashSetFormatter<Large> set = new(LargeFormatter.Instance);
        AllocatedByFailingRead(array, body);

        AllocatedByFailingRead(array, body).ShouldBeLessThan(body.Length + 16384);
        AllocatedByFailingRead(list, body).ShouldBeLessThan(body.Length + 16384);
        AllocatedByFailingRead(set, body).ShouldBeLessThan(HashTableLimit(body));
    }

    [Fact]
    public void Claim_of_million_large_structs_allocates_at_most_unread_bytes_in_further_collections()
    {
        byte[] body = new byte[1 << 20];
        body.AsSpan().Fill(0xc1);
        Codec.Bytes("dd000ffff0").CopyTo(body, 0);
        LargeFormatter item = LargeFormatter.Instance;

        LimitsAllocation(new ConcurrentBagFormatter<Large>(item), body);
        LimitsAllocation(new ConcurrentQueueFormatter<Large>(item), body);
        LimitsAllocation(new ConcurrentStackFormatter<Large>(item), body);
        LimitsAllocation(new ObservableCollectionFormatter<Large>(item), body);
        LimitsAllocation(new FrozenSetFormatter<Large>(item), body);
        LimitsAllocation(new ImmutableQueueFormatter<Large>(item), body);
        LimitsAllocation(new ImmutableSortedSetFormatter<Large>(item), body);
        LimitsAllocation(new ArraySegmentFormatter<Large>(item), body);
        LimitsAllocation(new ReadOnlySequenceFormatter<Large>(item), body);
        LimitsAllocation(new PriorityQueueFormatter<Large, Large>(item, item), body);
        LimitsAllocation(new LookupFormatter<Large, Large>(item, item), body);
        LimitsAllocation(BitArrayFormatter.Instance, body);
        LimitsAllocation(JsonElementFormatter.Instance, body);

        // 16 x 65,535 elements.
        Codec.Bytes("93" + "10" + "cdffff" + "dd000ffff0").CopyTo(body, 0);
        LimitsAllocation(new Array2DFormatter<Large>(item), body);

        static void LimitsAllocation<T>(ITunnelFormatter<T> formatter, byte[] body)
        {
            AllocatedByFailingRead(formatter, body);
            AllocatedByFailingRead(formatter, body).ShouldBeLessThan(HashTableLimit(body), typeof(T).Name);
        }
    }

    [Fact]
    public void Claim_of_many_pairs_allocates_at_most_unread_bytes_in_further_dictionaries()
    {
        byte[] body = new byte[1 << 20];
        body.AsSpan().Fill(0xc1);
        Codec.Bytes("df0007fff0").CopyTo(body, 0);
        StringFormatter key = StringFormatter.Instance;
        LargeFormatter value = LargeFormatter.Instance;

        LimitsAllocation(new ConcurrentDictionaryFormatter<string, Large>(key, value), body);
        LimitsAllocation(new ReadOnlyDictionaryFormatter<string, Large>(key, value), body);
        LimitsAllocation(new FrozenDictionaryFormatter<string, Large>(key, value), body);
        LimitsAllocation(new OrderedDictionaryFormatter<string, Large>(key, value), body);
        LimitsAllocation(new SortedListFormatter<string, Large>(key, value), body);
        LimitsAllocation(new ImmutableSortedDictionaryFormatter<string, Large>(key, value), body);

        static void LimitsAllocation<T>(ITunnelFormatter<T> formatter, byte[] body)
        {
            AllocatedByFailingRead(formatter, body);
            AllocatedByFailingRead(formatter, body).ShouldBeLessThan(HashTableLimit(body), typeof(T).Name);
        }
    }

    [Fact]
    public void Claim_of_many_pairs_allocates_at_most_unread_bytes()
    {
        byte[] body = new byte[1 << 20];
        body.AsSpan().Fill(0xc1);
        Codec.Bytes("df0007fff0").CopyTo(body, 0);

        long allocated =
            AllocatedByFailingRead(new DictionaryFormatter<string, Large>(StringFormatter.Instance, LargeFormatter.Instance), body);

        allocated.ShouldBeLessThan(HashTableLimit(body));
    }

    [Fact]
    public void Nested_claims_allocate_at_most_depth_limit_times_bytes()
    {
        // Each level claims an element for every remaining byte.
        byte[] body = new byte[64 * 1024];
        for (int level = 0; level < 64; level++)
        {
            Codec.Bytes("dd0000fe00").CopyTo(body, level * 5);
        }

        long allocated = AllocatedByFailingRead(NodeFormatter.Instance, body);

        allocated.ShouldBeLessThan(64L * body.Length + 65536);
    }

    [Fact]
    public void Growth_beyond_initial_capacity_preserves_elements()
    {
        int[] numbers = [.. Enumerable.Range(0, 100_000).Select(number => number % 100)];
        ArrayFormatter<int> formatter = new(Int32Formatter.Instance);

        int[] read = Codec.Read(formatter, Codec.Write(formatter, numbers));

        read.ShouldBe(numbers);
        Large[] large = Codec.Read(new ArrayFormatter<Large>(LargeFormatter.Instance), Codec.Write(formatter, [1, 2, 3, 4, 5]));
        large.Select(item => item[0]).ShouldBe([1, 2, 3, 4, 5]);
    }

    [Fact]
    public void Duplicate_key_is_rejected()
    {
        Rejects(new DictionaryFormatter<string, int>(StringFormatter.Instance, Int32Formatter.Instance));
        Rejects(new SortedDictionaryFormatter<string, int>(StringFormatter.Instance, Int32Formatter.Instance));
        Rejects(new ImmutableDictionaryFormatter<string, int>(StringFormatter.Instance, Int32Formatter.Instance));
        Rejects(new InterfaceDictionaryFormatter<string, int>(StringFormatter.Instance, Int32Formatter.Instance));
        Rejects(new InterfaceReadOnlyDictionaryFormatter<string, int>(StringFormatter.Instance, Int32Formatter.Instance));

        static void Rejects<T>(ITunnelFormatter<T> formatter) =>
            Codec.ReadError("82a16101a16102", formatter.Read)
                .ShouldBe("Expected unique keys in the map, got the key that ends at offset 6 a second time.");
    }

    [Fact]
    public void Equal_keys_with_different_bits_are_duplicates()
    {
        Int32Formatter value = Int32Formatter.Instance;
        byte[] zeros = Codec.Write((ref MessagePackWriter writer) =>
        {
            writer.WriteMapHeader(2);
            writer.Write(0d);
            writer.Write(1);
            writer.Write(-0d);
            writer.Write(2);
        });
        byte[] scales = Codec.Write((ref MessagePackWriter writer) =>
        {
            writer.WriteMapHeader(2);
            DecimalFormatter.Instance.Write(ref writer, 1.0m);
            writer.Write(1);
            DecimalFormatter.Instance.Write(ref writer, 1.00m);
            writer.Write(2);
        });

        Codec.ReadError(Codec.Hex(zeros), new DictionaryFormatter<double, int>(DoubleFormatter.Instance, value).Read)
            .ShouldContain("second time");
        Codec.ReadError(Codec.Hex(zeros), new DictionaryFormatter<float, int>(SingleFormatter.Instance, value).Read)
            .ShouldContain("second time");
        Codec.ReadError(Codec.Hex(scales), new DictionaryFormatter<decimal, int>(DecimalFormatter.Instance, value).Read)
            .ShouldContain("second time");
    }

    [Fact]
    public void Null_key_is_rejected()
    {
        DictionaryFormatter<string,
        int> formatter = new(new NullableReferenceFormatter<string>(StringFormatter.Instance)!, Int32Formatter.Instance);

        Codec.ReadError("81c001", formatter.Read).ShouldContain("got nil");
    }

    [Fact]
    public void Duplicate_element_in_set_is_ignored()
    {
        Codec.Read(new HashSetFormatter<int>(Int32Formatter.Instance), [0x93, 1, 2, 1]).ShouldBe([1, 2]);
        Codec.Read(new SortedSetFormatter<int>(Int32Formatter.Instance), [0x93, 1, 2, 1]).ShouldBe([1, 2]);
        Codec.Read(new ImmutableHashSetFormatter<int>(Int32Formatter.Instance), [0x93, 1, 2, 1]).Count.ShouldBe(2);
    }

    [Fact]
    public void Keys_with_colliding_default_hashes_do_not_collide()
    {
        // All keys of a family have the same default hash code, or default hash codes of one bucket in every small table.
        Spreads(Int64Formatter.Instance, index => (long)index << 32 | (uint)index);
        Spreads(UInt64Formatter.Instance, index => (ulong)index << 32 | (uint)index);
        Spreads(TimeSpanFormatter.Instance, index => TimeSpan.FromTicks((long)index << 32 | (uint)index));
        Spreads(DateTimeFormatter.Instance, index => new DateTime((long)index << 32 | (uint)index, DateTimeKind.Utc));
        Spreads(DoubleFormatter.Instance, index => BitConverter.Int64BitsToDouble((long)(index + 1) << 32 | (uint)(index + 1)));
        Spreads(DecimalFormatter.Instance, index => new decimal(index, index, 0, false, 0));
        Spreads(GuidFormatter.Instance, index => new Guid(index, 0, 0, BitConverter.GetBytes((long)(uint)index << 32)));
        Spreads(Int128Formatter.Instance, index => new Int128(0, (ulong)index));
        Spreads(BigIntegerFormatter.Instance, index => index);
        Spreads(VersionFormatter.Instance, index => new Version(16 * index, 256 * index, 256 * index));
        Spreads(Int32Formatter.Instance, index => index * 1_000_003);
        Spreads(IntPtrFormatter.Instance, index => (nint)((long)index << 32 | (uint)index));
        Spreads(UIntPtrFormatter.Instance, index => (nuint)((ulong)index << 32 | (uint)index));
        Spreads(IndexFormatter.Instance, index => new Index(index * 1_000));
        Spreads(RuneFormatter.Instance, index => new Rune(0x10000 + index));
        Spreads(ComplexFormatter.Instance, index => new Complex(index, index));
        Spreads(new EnumFormatter<DayOfWeek>(), index => (DayOfWeek)(index * 1_000_003));

        static void Spreads<TKey>(ITunnelFormatter<TKey> key, Func<int, TKey> make)
            where TKey : notnull
        {
            DictionaryFormatter<TKey, bool> formatter = new(key, BooleanFormatter.Instance);
            byte[] bytes = Codec.Write(formatter, Enumerable.Range(0, Keys).ToDictionary(make, _ => true));

            Dictionary<TKey, bool> read = Codec.Read(formatter, bytes);

            read.Count.ShouldBe(Keys);
            Enumerable.Range(0, Keys).ShouldAllBe(index => read.ContainsKey(make(index)));
            int hashes = read.Keys.Select(read.Comparer.GetHashCode).Distinct().Count();
            hashes.ShouldBeGreaterThan(Keys * 99 / 100, typeof(TKey).Name);
            int sameAsDefault = read.Keys.Count(item => read.Comparer.GetHashCode(item) == item.GetHashCode());
            sameAsDefault.ShouldBeLessThan(Keys / 100, typeof(TKey).Name);
        }
    }

    [Fact]
    public void Sets_and_immutable_collections_use_randomized_hashing()
    {
        Int32Formatter item = Int32Formatter.Instance;

        Codec.Read(new HashSetFormatter<int>(item), [0x91, 1]).Comparer.ShouldNotBe(EqualityComparer<int>.Default);
        Codec.Read(new ImmutableHashSetFormatter<int>(item), [0x91, 1]).KeyComparer.ShouldNotBe(EqualityComparer<int>.Default);
        Codec.Read(new ImmutableDictionaryFormatter<int, int>(item, item), [0x81, 1, 1]).KeyComparer
            .ShouldNotBe(EqualityComparer<int>.Default);
        Codec.Read(new InterfaceReadOnlySetFormatter<int>(item), [0x91, 1])
            .ShouldBeOfType<HashSet<int>>().Comparer.ShouldNotBe(EqualityComparer<int>.Default);
    }

    [Fact]
    public void BigInteger_beyond_limit_equals_equal_key()
    {
        ImmutableDictionary<BigInteger,
        int> read =
            Codec.Read(new ImmutableDictionaryFormatter<BigInteger, int>(BigIntegerFormatter.Instance, Int32Formatter.Instance), [0x80]);

        read.Add(BigInteger.Pow(3, 50_000), 1).ContainsKey(BigInteger.Pow(3, 50_000)).ShouldBeTrue();
    }

    // A hash table rounds its size up to a prime.
    private static long HashTableLimit(byte[] body) => (body.Length * 5L / 4) + 16384;

    private static long AllocatedByFailingRead<T>(ITunnelFormatter<T> formatter, byte[] body)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool failed = false;
        try
        {
            MessagePackReader reader = new(body);
            formatter.Read(ref reader);
        }
        catch (MessagePackException)
        {
            failed = true;
        }

        failed.ShouldBeTrue();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
