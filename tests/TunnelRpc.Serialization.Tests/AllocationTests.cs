using System.Buffers;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.Serialization.Tests;

public class AllocationTests
{
    private const int Rounds = 1000;

    [Fact]
    public void Object_round_trip_allocates_only_the_object()
    {
        ArrayBufferWriter<byte> output = new(256);
        Order order = new() { Id = 70000, Amount = 1.5, Ticks = long.MinValue, Open = true, Count = 300 };
        Order? read = null;
        RoundTrips(1);

        long objects = Allocated(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                read = new Order();
            }
        });
        long roundTrips = Allocated(() => RoundTrips(Rounds));

        roundTrips.ShouldBe(objects);
        read.ShouldNotBeNull().Ticks.ShouldBe(long.MinValue);

        void RoundTrips(int count)
        {
            for (int i = 0; i < count; i++)
            {
                output.ResetWrittenCount();
                MessagePackWriter writer = new(output);
                OrderFormatter.Instance.Write(ref writer, order);
                writer.Flush();
                MessagePackReader reader = new(output.WrittenSpan);
                read = OrderFormatter.Instance.Read(ref reader);
            }
        }
    }

    [Fact]
    public void Value_types_without_references_round_trip_without_allocation()
    {
        AllocatesNothing(DecimalFormatter.Instance, decimal.MaxValue);
        AllocatesNothing(GuidFormatter.Instance, Guid.AllBitsSet);
        AllocatesNothing(DateTimeFormatter.Instance, DateTime.MaxValue);
        AllocatesNothing(DateTimeOffsetFormatter.Instance, DateTimeOffset.UnixEpoch);
        AllocatesNothing(Int128Formatter.Instance, Int128.MaxValue);
        AllocatesNothing(new EnumFormatter<DayOfWeek>(), DayOfWeek.Friday);
        AllocatesNothing(new NullableFormatter<int>(Int32Formatter.Instance), 5);
        AllocatesNothing(
            new ValueTupleFormatter<int, DateOnly>(Int32Formatter.Instance, DateOnlyFormatter.Instance), (1, DateOnly.MaxValue));

        static void AllocatesNothing<T>(ITunnelFormatter<T> formatter, T value)
        {
            ArrayBufferWriter<byte> output = new(256);
            RoundTrip();

            Allocated(() =>
            {
                for (int i = 0; i < Rounds; i++)
                {
                    RoundTrip();
                }
            }).ShouldBe(0, typeof(T).Name);

            void RoundTrip()
            {
                output.ResetWrittenCount();
                MessagePackWriter writer = new(output);
                formatter.Write(ref writer, value);
                writer.Flush();
                MessagePackReader reader = new(output.WrittenSpan);
                formatter.Read(ref reader);
            }
        }
    }

    /// <summary>
    /// Returns the bytes that a batch allocates: the minimum of several runs. Work of the runtime, such as tiered compilation, may allocate
    /// during some of the runs.
    /// </summary>
    private static long Allocated(Action batch)
    {
        const int Batches = 5;
        batch();
        long min = long.MaxValue;
        for (int i = 0; i < Batches; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            batch();
            min = Math.Min(min, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return min;
    }
}
