//! A graphics processor, its memory, and the work it is given.

use crate::model::ModelError;
use ndarray::Array2;
use std::sync::{Arc, Mutex, mpsc};

/// Bytes of one dispatch's numbers, and what they are aligned to.
const PARAMETERS: usize = 64;

/// What it can be asked to do: an entry point of `kernels/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    Product,
    Gather,
    Scatter,
    Columns,
    Rnn,
    RnnBack,
    Gru,
    GruBack,
    Lstm,
    LstmBack,
    Entropy,
    Adam,
    Squares,
}

/// In the order of [`Kernel`]: file, entry point, and the bindings that it uses.
const KERNELS: [(&str, &str, &[u32]); 13] = [
    (include_str!("kernels/product.wgsl"), "product", &[1, 2, 3, 4]),
    (include_str!("kernels/rows.wgsl"), "gather", &[1, 2, 3, 4]),
    (include_str!("kernels/rows.wgsl"), "scatter", &[1, 2, 3, 4, 5, 6]),
    (include_str!("kernels/rows.wgsl"), "columns", &[1, 4]),
    (include_str!("kernels/cells.wgsl"), "rnn", &[1, 2, 3, 5]),
    (include_str!("kernels/cells.wgsl"), "rnn_back", &[1, 5, 7, 8]),
    (include_str!("kernels/cells.wgsl"), "gru", &[1, 2, 3, 5]),
    (include_str!("kernels/cells.wgsl"), "gru_back", &[1, 2, 3, 5, 7, 8]),
    (include_str!("kernels/cells.wgsl"), "lstm", &[1, 2, 3, 4, 5]),
    (include_str!("kernels/cells.wgsl"), "lstm_back", &[1, 4, 5, 6, 7, 8]),
    (include_str!("kernels/entropy.wgsl"), "entropy", &[1, 2, 3]),
    (include_str!("kernels/adam.wgsl"), "adam", &[1, 2, 3, 4]),
    (include_str!("kernels/adam.wgsl"), "squares", &[1, 2]),
];

/// Numbers in its memory.
#[derive(Debug, Clone)]
pub struct Matrix {
    buffer: wgpu::Buffer,
    pub rows: usize,
    pub columns: usize,
}

/// Work that waits for [`Device::read`].
enum Work {
    Dispatch { kernel: Kernel, bound: Vec<Matrix>, parameters: Vec<u32>, groups: [u32; 2] },
    Copy { from: (Matrix, usize), rows: usize, into: (Matrix, usize) },
    Clear(Matrix),
}

/// A graphics processor and what it has been asked to do.
pub struct Device {
    device: wgpu::Device,
    queue: wgpu::Queue,
    kernels: Vec<wgpu::ComputePipeline>,
    name: String,
    work: Vec<Work>,
    trouble: Arc<Mutex<Option<String>>>,
}

impl Device {
    /// The first there is, one of its own memory before one that shares; `software`: also a driver
    /// that computes on the processor.
    pub fn find(software: bool) -> Option<Device> {
        let instance = wgpu::Instance::default();
        let mut adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
        let rank = |adapter: &wgpu::Adapter| match adapter.get_info().device_type {
            wgpu::DeviceType::DiscreteGpu => 0,
            wgpu::DeviceType::IntegratedGpu | wgpu::DeviceType::VirtualGpu => 1,
            wgpu::DeviceType::Other => 2,
            wgpu::DeviceType::Cpu => 3,
        };
        adapters.retain(|adapter| software || rank(adapter) < 3);
        adapters.sort_by_key(rank);
        adapters.into_iter().find_map(Device::open)
    }

    /// Every adapter that drivers show, and what it is good for here.
    pub fn adapters() -> Vec<String> {
        let instance = wgpu::Instance::default();
        let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
        let said = |adapter: &wgpu::Adapter| {
            let info = adapter.get_info();
            let use_of = match info.device_type {
                wgpu::DeviceType::Cpu => "computes on the processor: used with --device gpu alone",
                _ => "a graphics processor",
            };
            format!("{} ({}): {use_of}", info.name, info.backend)
        };
        adapters.iter().map(said).collect()
    }

    fn open(adapter: wgpu::Adapter) -> Option<Device> {
        let wanted = wgpu::DeviceDescriptor { required_limits: adapter.limits(), ..Default::default() };
        let (device, queue) = pollster::block_on(adapter.request_device(&wanted)).ok()?;
        let trouble = Arc::new(Mutex::new(None));
        let first = trouble.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            let mut first = first.lock().expect("nobody panics with it");
            let words = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
            first.get_or_insert_with(|| words(error.to_string()));
        }));
        let kernel = |(source, entry, _): (&str, &str, &[u32])| {
            let source = wgpu::ShaderSource::Wgsl(source.into());
            let module =
                device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(entry), source });
            device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(entry),
                layout: None,
                module: &module,
                entry_point: Some(entry),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: None,
            })
        };
        let kernels = KERNELS.map(kernel).into();
        let info = adapter.get_info();
        let name = format!("{} ({})", info.name, info.backend);
        Some(Device { device, queue, kernels, name, work: Vec::new(), trouble })
    }

    /// What it calls itself, and how it is spoken to.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes of the largest matrix that it can work on.
    pub fn largest(&self) -> u64 {
        self.device.limits().max_storage_buffer_binding_size
    }

    /// A matrix of zeros.
    pub fn zeros(&self, rows: usize, columns: usize) -> Matrix {
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
        let size = 4 * (rows * columns).max(1) as u64;
        let buffer = wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false };
        Matrix { buffer: self.device.create_buffer(&buffer), rows, columns }
    }

    /// A matrix of these numbers, row after row.
    pub fn upload(&self, matrix: &Array2<f32>) -> Matrix {
        let rows = matrix.as_standard_layout();
        self.filled(matrix.dim(), bytemuck::cast_slice(rows.as_slice().expect("row after row")))
    }

    /// Indices, in a row.
    pub fn indices(&self, indices: &[u32]) -> Matrix {
        self.filled((1, indices.len()), bytemuck::cast_slice(indices))
    }

    fn filled(&self, (rows, columns): (usize, usize), bytes: &[u8]) -> Matrix {
        let matrix = self.zeros(rows, columns);
        self.queue.write_buffer(&matrix.buffer, 0, bytes);
        matrix
    }

    /// Asks for work on the matrices that `kernel` binds, in their order, by `groups` of threads.
    pub fn ask(&mut self, kernel: Kernel, bound: &[&Matrix], parameters: &[u32], groups: [usize; 2]) {
        assert!(parameters.len() * 4 <= PARAMETERS && bound.len() == KERNELS[kernel as usize].2.len());
        if groups.contains(&0) {
            return;
        }
        let most = self.device.limits().max_compute_workgroups_per_dimension;
        let groups = groups.map(|count| most.min(count as u32));
        let bound = bound.iter().map(|&matrix| matrix.clone()).collect();
        self.work.push(Work::Dispatch { kernel, bound, parameters: parameters.to_vec(), groups });
    }

    /// Asks for `rows` rows of the first matrix, from the given one on, in the second from the given one on.
    pub fn copy(&mut self, from: (&Matrix, usize), rows: usize, into: (&Matrix, usize)) {
        assert_eq!(from.0.columns, into.0.columns, "rows of one length");
        let place = |(matrix, first): (&Matrix, usize)| (matrix.clone(), first);
        self.work.push(Work::Copy { from: place(from), rows, into: place(into) });
    }

    /// Asks for zeros.
    pub fn clear(&mut self, matrix: &Matrix) {
        self.work.push(Work::Clear(matrix.clone()));
    }

    /// Does all it was asked for, and returns these matrices.
    ///
    /// # Errors
    /// If it has not the memory, or is gone.
    pub fn read(&mut self, matrices: &[&Matrix]) -> Result<Vec<Array2<f32>>, ModelError> {
        let bytes = |m: &Matrix| 4 * (m.rows * m.columns) as u64;
        let size = matrices.iter().map(|m| bytes(m)).sum::<u64>().max(4);
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let buffer = wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false };
        let answer = self.device.create_buffer(&buffer);
        let mut encoder = self.encoded();
        let mut from = 0;
        for matrix in matrices.iter().filter(|m| bytes(m) > 0) {
            encoder.copy_buffer_to_buffer(&matrix.buffer, 0, &answer, from, bytes(matrix));
            from += bytes(matrix);
        }
        self.queue.submit([encoder.finish()]);
        let (send, receive) = mpsc::channel();
        answer.map_async(wgpu::MapMode::Read, .., move |mapped| _ = send.send(mapped.is_ok()));
        let polled = self.device.poll(wgpu::PollType::wait_indefinitely());
        let mapped = polled.is_ok() && receive.try_recv() == Ok(true);
        let trouble = self.trouble.lock().expect("nobody panics with it").take();
        let view = answer.get_mapped_range(..).ok().filter(|_| mapped && trouble.is_none());
        let Some(view) = view else {
            return Err(ModelError::new(
                format!("the graphics processor {}", self.name),
                "one that does an update",
                trouble.unwrap_or_else(|| "it does not answer".into()),
                "give --device cpu, or a smaller batch; the run goes on from its last checkpoint",
            ));
        };
        let mut numbers = view.chunks_exact(4).map(bytemuck::pod_read_unaligned::<f32>);
        let mut take = |m: &Matrix| {
            let numbers = numbers.by_ref().take(m.rows * m.columns).collect();
            Array2::from_shape_vec((m.rows, m.columns), numbers).expect("as many as copied")
        };
        Ok(matrices.iter().map(|m| take(m)).collect())
    }

    /// All that it was asked for, one after the other.
    fn encoded(&mut self) -> wgpu::CommandEncoder {
        let work = std::mem::take(&mut self.work);
        let apart = PARAMETERS.max(self.device.limits().min_uniform_buffer_offset_alignment as usize);
        let mut numbers = vec![0u32; (work.len().max(1)) * apart / 4];
        for (place, work) in numbers.chunks_exact_mut(apart / 4).zip(&work) {
            if let Work::Dispatch { parameters, .. } = work {
                place[..parameters.len()].copy_from_slice(parameters);
            }
        }
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let size = 4 * numbers.len() as u64;
        let buffer = wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false };
        let uniform = self.device.create_buffer(&buffer);
        self.queue.write_buffer(&uniform, 0, bytemuck::cast_slice(&numbers));

        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut work = work.iter().enumerate().peekable();
        while let Some((index, one)) = work.next() {
            match one {
                Work::Copy { from, rows, into } => {
                    let bytes = |rows: &usize| 4 * (rows * from.0.columns) as u64;
                    let (start, end) = (bytes(&from.1), bytes(&into.1));
                    encoder.copy_buffer_to_buffer(&from.0.buffer, start, &into.0.buffer, end, bytes(rows));
                }
                Work::Clear(matrix) => encoder.clear_buffer(&matrix.buffer, 0, None),
                Work::Dispatch { .. } => {
                    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
                    self.dispatch(&mut pass, &uniform, (index * apart) as u64, one);
                    while let Some((index, one)) =
                        work.next_if(|(_, one)| matches!(one, Work::Dispatch { .. }))
                    {
                        self.dispatch(&mut pass, &uniform, (index * apart) as u64, one);
                    }
                }
            }
        }
        encoder
    }

    fn dispatch(&self, pass: &mut wgpu::ComputePass<'_>, uniform: &wgpu::Buffer, offset: u64, work: &Work) {
        let Work::Dispatch { kernel, bound, groups, .. } = work else { return };
        let pipeline = &self.kernels[*kernel as usize];
        let size = std::num::NonZeroU64::new(PARAMETERS as u64);
        let numbers = wgpu::BufferBinding { buffer: uniform, offset, size };
        let numbers = wgpu::BindGroupEntry { binding: 0, resource: wgpu::BindingResource::Buffer(numbers) };
        let bindings = KERNELS[*kernel as usize].2.iter().zip(bound);
        let matrices = bindings.map(|(&binding, matrix)| wgpu::BindGroupEntry {
            binding,
            resource: matrix.buffer.as_entire_binding(),
        });
        let entries: Vec<_> = std::iter::once(numbers).chain(matrices).collect();
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, &group, &[]);
        pass.dispatch_workgroups(groups[0], groups[1], 1);
    }
}
